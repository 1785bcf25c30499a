// Who shares what with whom: computed when somebody asks, from what each processor said of itself. There is no state here, so a
// processor that comes later changes nothing but its own description.
using System;
using Commence.Firmware.Cpus;
using Commence.Lib;

namespace Commence.Smp;

/// <summary>What a set of processors has in common.</summary>
internal enum TopologyLevel
{
    Core,
    Die,
    Package,
}

/// <summary>Sets of processors by place (Linux: <c>topology_sibling_cpumask</c> and its kin).</summary>
internal static class CpuTopology
{
    /// <summary>Online processors that are in the same core, die or package.</summary>
    internal static void ReadSharers(Processor processor, TopologyLevel level, out CpuMask sharers)
    {
        sharers = default;
        CpuMask online = Processors.Online;
        foreach (CpuId cpu in online)
        {
            if (IsShared(processor.Place, Processors.Get(cpu).Place, level))
                sharers.Add(cpu);
        }
    }

    /// <summary>Online processors that share a cache.</summary>
    internal static void ReadSharers(in CpuCache cache, out CpuMask sharers)
    {
        sharers = default;
        CpuMask online = Processors.Online;
        foreach (CpuId cpu in online)
        {
            foreach (ref readonly CpuCache other in Processors.Get(cpu).Description.Caches.Caches)
            {
                if (cache.IsSame(in other))
                    sharers.Add(cpu);
            }
        }
    }

    /// <summary>Counts the processors and the cores of a package that are online.</summary>
    internal static void Count(Processor processor, out int threads, out int cores)
    {
        threads = 0;
        cores = 0;
        for (int i = 0; i < Processors.Count; i++)
        {
            if (!Processors.IsOnline(new CpuId(i)) || !processor.Place.IsSamePackage(Processors.Get(new CpuId(i)).Place))
                continue;
            threads++;
            cores += IsFirst(i, TopologyLevel.Core) ? 1 : 0;
        }
    }

    /// <summary>Says how the machine is built (Linux: the lines "CPU topo").</summary>
    /// <remarks>Context: thread (pid 1), after bring-up.</remarks>
    internal static void Report()
    {
        int packages = 0;
        int dies = 0;
        uint lastThread = 0;
        for (int i = 0; i < Processors.Count; i++)
        {
            if (!Processors.IsOnline(new CpuId(i)))
                continue;
            packages += IsFirst(i, TopologyLevel.Package) ? 1 : 0;
            dies += IsFirst(i, TopologyLevel.Die) ? 1 : 0;
            lastThread = Math.Max(lastThread, Processors.Get(new CpuId(i)).Place.Thread);
        }

        Count(Processors.Get(new CpuId(0)), out int threads, out int cores);
        Printk.Info($"CPU topo: Max. logical packages: {packages,3}");
        Printk.Info($"CPU topo: Max. logical dies:     {dies,3}");
        Printk.Info($"CPU topo: Max. threads per core: {lastThread + 1,3}");
        Printk.Info($"CPU topo: Num. cores per package:   {cores,3}");
        Printk.Info($"CPU topo: Num. threads per package: {threads,3}");
    }

    // Those who share something mostly have neighbouring numbers: the search begins there.
    private static bool IsFirst(int index, TopologyLevel level)
    {
        CpuPlace place = Processors.Get(new CpuId(index)).Place;
        for (int i = index - 1; i >= 0; i--)
        {
            if (IsShared(place, Processors.Get(new CpuId(i)).Place, level) && Processors.IsOnline(new CpuId(i)))
                return false;
        }

        return true;
    }

    private static bool IsShared(CpuPlace one, CpuPlace other, TopologyLevel level) => level switch
    {
        TopologyLevel.Core => one.IsSameCore(other),
        TopologyLevel.Die => one.IsSameDie(other),
        _ => one.IsSamePackage(other),
    };
}

// Nodes: which processors and which memory are near each other, for people and programs to read. The allocators do not use it.
//
// The map is written by the boot processor in early boot; only read afterwards.
using Commence.Firmware.Numa;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Smp;

/// <summary>The machine's nodes (Linux: <c>node_states</c>, <c>cpumask_of_node</c>).</summary>
internal static class Nodes
{
    private static NodeMap s_map;

    /// <summary>What firmware says; early boot writes it.</summary>
    internal static ref NodeMap Map => ref s_map;

    /// <summary>Nodes: numbers 0 to Count − 1 are valid.</summary>
    internal static int Count => s_map.Count;

    /// <summary>Online processors of a node.</summary>
    internal static void ReadProcessors(int node, out CpuMask cpus)
    {
        cpus = default;
        CpuMask online = Processors.Online;
        foreach (CpuId cpu in online)
        {
            if (Processors.Get(cpu).Node == node)
                cpus.Add(cpu);
        }
    }

    /// <summary>Counts the pages of a node.</summary>
    /// <remarks>Context: thread. It looks at each block of pages: microseconds for each GiB. The sums are those of no one moment.</remarks>
    internal static void CountPages(int node, out ulong managed, out ulong free)
    {
        managed = 0;
        free = 0;
        if (!s_map.IsFromFirmware)
        {
            PageStatistics all = KernelMemory.Pages.ReadStatistics();
            managed = all.ManagedPages;
            free = all.FreePages;
            return;
        }

        foreach (ref readonly NodeMemory memory in s_map.Memory)
        {
            if (memory.Node == node)
                KernelMemory.Pages.CountIn(memory.Region, ref managed, ref free);
        }
    }

    /// <summary>Whether a node has memory that may be allocated.</summary>
    internal static bool HasMemory(int node)
    {
        CountPages(node, out ulong managed, out _);
        return managed != 0;
    }
}

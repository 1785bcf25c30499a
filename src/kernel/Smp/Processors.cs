// All processors of the machine, by number, and the sets that say what they may be used for.
//
// possible  may ever run: fixed before the first allocation per processor; the present ones come first
// present   listed as enabled by firmware, or brought in since
// online    schedules; set by the processor itself as its last step, read by anyone
//
// The table, and with it what is possible and what firmware enabled, is written by the boot processor before the others start,
// and only read afterwards.
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Lib;

namespace Commence.Smp;

/// <summary>The machine's processors (Linux: <c>cpu_possible_mask</c> and its kin).</summary>
public static class Processors
{
    [InlineArray(Limits.CpuCountMax)]
    private struct Table
    {
        private Processor? _first;
    }

    private static Table s_table;
    private static int s_count;
    private static int s_enabledCount;
    private static CpuMask s_online;   // each processor adds itself, atomically: a lock here would have them all spin on one that is not run
    private static int s_onlineCount;  // the same

    /// <summary>Processors in the table: numbers 0 to Count − 1 are valid (Linux: <c>nr_cpu_ids</c>).</summary>
    public static int Count => s_count;

    /// <summary>Those of them that firmware enabled, and that are started at boot: the first ones.</summary>
    public static int EnabledCount => s_enabledCount;

    /// <summary>How many schedule now.</summary>
    public static int OnlineCount => Volatile.Read(ref s_onlineCount);

    /// <summary>The processor of a number below <see cref="Count"/>.</summary>
    public static Processor Get(CpuId id) => s_table[id.Value]!;

    /// <summary>Adds a processor that firmware enabled; numbers are given in order of the calls, the boot processor first.</summary>
    /// <remarks>Context: early boot, boot processor only.</remarks>
    public static void Add(Processor processor)
    {
        Bug.On(s_enabledCount != s_count); // they come before those that may come later
        AddHotPluggable(processor);
        s_enabledCount = s_count;
    }

    /// <summary>Adds a processor that is not started at boot, but may be brought in later.</summary>
    /// <remarks>Context: early boot, boot processor only.</remarks>
    public static void AddHotPluggable(Processor processor)
    {
        Bug.On(processor.Id.Value != s_count);
        s_table[s_count++] = processor;
    }

    /// <summary>A copy of the set of processors that schedule now.</summary>
    /// <remarks>Context: any. It may be out of date at once; whoever needs more holds up CPU removal.</remarks>
    public static CpuMask Online
    {
        get
        {
            CpuMask copy = default;
            copy.UnionWith(in s_online); // word by word
            return copy;
        }
    }

    /// <summary>A copy of the set of processors that are known to be there.</summary>
    /// <remarks>Context: any.</remarks>
    public static CpuMask Present
    {
        get
        {
            var copy = CpuMask.FirstCpus(s_enabledCount);
            copy.UnionWith(in s_online);
            return copy;
        }
    }

    /// <summary>Whether the processor schedules.</summary>
    public static bool IsOnline(CpuId id) => id.Value < s_count && Get(id).HasJoined;

    /// <summary>Says that the calling processor schedules from now on.</summary>
    /// <remarks>Context: AP call-in, early boot. The caller has set its state to Online.</remarks>
    public static void SetOnline(CpuId id)
    {
        s_online.AddAtomic(id);
        Interlocked.Increment(ref s_onlineCount);
    }
}

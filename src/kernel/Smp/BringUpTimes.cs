// When bring-up passed its marks, for whoever measures it: `./commence bench bringup` and docs/benchmarks.md.
//
//   Begin ── memory, stacks, boot pages ── FirstInit ── INIT, SIPI, call-in, commence ── LastOnline ── report
//
// The marks are methods that are never inlined: their symbols are where the bench's plugin counts instructions.
//
// Owner: the flow that brings the processors up. No lock.
using System.Runtime.CompilerServices;
using Commence.Debug;
using Commence.Time;

namespace Commence.Smp;

/// <summary>Time stamps of bring-up.</summary>
internal static class BringUpTimes
{
    private static Nanoseconds s_begin;
    private static Nanoseconds s_firstInit;
    private static Nanoseconds s_lastOnline;

    /// <summary>The preparations begin.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Begin() => s_begin = Clock.Monotonic();

    /// <summary>An INIT is about to be sent; the first call counts.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void FirstInit()
    {
        if (s_firstInit.Value == 0)
            s_firstInit = Clock.Monotonic();
    }

    /// <summary>All that were started are online or have a verdict; the last call counts.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void LastOnline() => s_lastOnline = Clock.Monotonic();

    /// <summary>Reports the marks on the record line, if a processor was started at all.</summary>
    internal static void Report(int onlineCount)
    {
        if (s_firstInit.Value == 0)
            return;
        ulong took = s_lastOnline.Value - s_firstInit.Value;
        ulong prepared = s_firstInit.Value - s_begin.Value;
        Printk.Info($"smp: from the first INIT to the last CPU online {took / 1000} us, preparations {prepared / 1000} us");
        Record record = new("bringup"u8);
        record.Add("cpus"u8, onlineCount);
        record.Add("prepare_ns"u8, (long)s_begin.Value);
        record.Add("first_init_ns"u8, (long)s_firstInit.Value);
        record.Add("last_online_ns"u8, (long)s_lastOnline.Value);
        record.Send();
    }
}

// Three initcalls that wait, as a driver does for its device, when they are asked to. tests/boot looks at what became of it.
//
//   ktest.initcall=meet   each waits until all have begun: they can only all succeed if they wait at the same time
//   ktest.initcall=wait   each sleeps for a while: what it costs to do that one after the other
using System;
using System.Threading;
using Commence.Init;
using Commence.Lib;
using Commence.Sched;
using Commence.Time;

namespace Commence.Testing;

/// <summary>Initcalls that wait.</summary>
internal static class WaitingInitcalls
{
    private const int Count = 3;
    private const ulong LimitSeconds = 60;
    private const ulong WaitMs = 20;

    private static Completion s_allHaveBegun;
    private static int s_begun;

    [Initcall(InitcallLevel.Device)]
    internal static Errno First() => WaitIfAsked();

    [Initcall(InitcallLevel.Device)]
    internal static Errno Second() => WaitIfAsked();

    [Initcall(InitcallLevel.Device)]
    internal static Errno Third() => WaitIfAsked();

    private static Errno WaitIfAsked()
    {
        if (!new CommandLine(BootInformation.CommandLine).TryGetValue("ktest.initcall"u8, out ReadOnlySpan<byte> how))
            return Errno.None;
        if (how.SequenceEqual("wait"u8))
            Scheduler.Sleep(Nanoseconds.FromMilliseconds(WaitMs));
        if (!how.SequenceEqual("meet"u8))
            return Errno.None;

        if (Interlocked.Increment(ref s_begun) == Count)
            s_allHaveBegun.CompleteAll();
        return s_allHaveBegun.Wait(Clock.Monotonic() + Nanoseconds.FromSeconds(LimitSeconds)) == WaitResult.Met ? Errno.None : Errno.ETIMEDOUT;
    }
}

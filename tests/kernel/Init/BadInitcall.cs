// An initcall that misbehaves when it is asked to: ktest.initcall=fail|irq|preempt|lock|slow|lockup|hung. tests/boot looks at what the kernel says.
using System;
using Commence.Init;
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;
using Commence.Time;

namespace Commence.Testing;

/// <summary>A bad initcall.</summary>
internal static class BadInitcall
{
    private const ulong LimitSeconds = 60;

    private static Mutex s_left;
    private static Completion s_hangEnd;

    [Initcall(InitcallLevel.Device)]
    internal static Errno Misbehave()
    {
        if (!new CommandLine(BootInformation.CommandLine).TryGetValue("ktest.initcall"u8, out ReadOnlySpan<byte> how))
            return Errno.None;
        if (how.SequenceEqual("fail"u8))
            return Errno.EIO;
        if (how.SequenceEqual("irq"u8))
            LocalInterrupts.Disable();
        else if (how.SequenceEqual("preempt"u8))
            PerCpuArea.DisablePreemption();
        else if (how.SequenceEqual("lock"u8))
            KeepLock();
        else if (how.SequenceEqual("slow"u8))
            WaitUntilNamed("initcall BadInitcall.Misbehave has not returned"u8, mayYield: true);
        else if (how.SequenceEqual("lockup"u8))
            Hog();
        else if (how.SequenceEqual("hung"u8))
            Hang();
        return Errno.None;
    }

    // Sleeps, and is not woken until the log says that this takes too long, and has its callers to the last; if that is to be
    // fatal, not at all.
    private static void Hang()
    {
        if (new CommandLine(BootInformation.CommandLine).TryGetValue("hung_task_panic"u8, out _))
        {
            _ = s_hangEnd.Wait(Clock.Monotonic() + Nanoseconds.FromSeconds(LimitSeconds)); // the panic tells
            return;
        }

        KernelThread watcher = KernelThread.Run(new HangEnd(), "hang-end"u8);
        _ = s_hangEnd.Wait(Clock.Monotonic() + Nanoseconds.FromSeconds(LimitSeconds)); // the log tells
        _ = watcher.Join(); // it has no result
    }

    private sealed class HangEnd : KernelThreadBody
    {
        protected override int Run()
        {
            WaitUntilNamed("Commence.Sched.Scheduler.StartThread"u8, mayYield: true);
            s_hangEnd.CompleteAll();
            return 0;
        }
    }

    // Does not let go of its processor until somebody says so.
    private static void Hog()
    {
        using Preempt.Guard guard = Preempt.Disable();
        WaitUntilNamed("watchdog: BUG: soft lockup - CPU#"u8, mayYield: false);
    }

    private static void KeepLock()
    {
#pragma warning disable CMN0301 // never to be released: that is the fault
        _ = s_left.Lock(); // as above
#pragma warning restore CMN0301
    }

    // Until the log says that this takes too long.
    private static void WaitUntilNamed(ReadOnlySpan<byte> message, bool mayYield)
    {
        Nanoseconds limit = Clock.Monotonic() + Nanoseconds.FromSeconds(LimitSeconds);
        while (!IsNamed(message) && Clock.Monotonic() < limit)
        {
            if (mayYield)
                Scheduler.Sleep(Nanoseconds.FromMilliseconds(10));
        }
    }

    private static bool IsNamed(ReadOnlySpan<byte> message)
    {
        LogCursor cursor = default;
        Span<byte> text = stackalloc byte[LogRing.RecordTextMax];
        while (Printk.Ring.Read(ref cursor, text, out LogRecord record) == LogReadStatus.Record)
        {
            if (text[..record.Length].IndexOf(message) >= 0)
                return true;
        }

        return false;
    }
}

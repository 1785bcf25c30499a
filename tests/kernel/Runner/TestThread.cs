// The thread of the running test, and how a test fails without exceptions: the check that fails writes down why and ends its
// thread on the spot (Scheduler.Exit), so that nothing after it runs. What the thread held it holds for ever; so a check stands
// where no lock is held. One that fails in an interrupt or under a spin lock stops the machine: nobody could go on.
//
// The first failure counts: later ones are mostly its consequences. A test whose helpers (Crew) failed has failed too.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Time;

namespace Commence.Testing;

/// <summary>One test at a time.</summary>
internal sealed class TestThread : KernelThreadBody
{
    private const int DetailBytes = 240;

    [InlineArray(DetailBytes)]
    private struct DetailBuffer
    {
        private byte _first;
    }

    // A test of ours takes milliseconds; emulated processors that outnumber the real ones take their time.
    private static readonly Nanoseconds s_limit = new(90_000_000_000);

    private static DetailBuffer s_detail;  // written by who makes s_failed 1, before s_detailLength
    private static int s_detailLength;
    private static int s_failed;           // 1: somebody has failed, and owns s_detail
    private static Completion s_ended;
    private static Task? s_task;           // the test's own thread
    private static bool s_hasEnded;        // pid 1's

    private int _index;

    /// <summary>Whether the test's own thread and all helpers have ended.</summary>
    internal static bool HasEnded => s_hasEnded;

    /// <summary>Whether some check has failed.</summary>
    internal static bool HasFailed => Volatile.Read(ref s_failed) != 0;

    /// <summary>Which check, where, and the values.</summary>
    internal static ReadOnlySpan<byte> Failure => ((ReadOnlySpan<byte>)s_detail)[..Volatile.Read(ref s_detailLength)];

    /// <summary>Runs one test and waits for its end, or for the limit.</summary>
    internal static void RunToEnd(int index)
    {
        s_failed = 0;
        s_detailLength = 0;
        s_ended = default;
        TestThread body = new() { _index = index };
        KernelThread thread = KernelThread.Create(body, "test"u8);
        Volatile.Write(ref s_task, thread.Task);
        thread.Start();

        Nanoseconds deadline = Clock.Monotonic() + s_limit;
        s_hasEnded = s_ended.Wait(deadline) == WaitResult.Met && Crew.TryWaitForAll(deadline);
        if (!s_hasEnded)
        {
            WriteDown($"did not end within {s_limit.Value / 1_000_000_000} s");
            thread.Detach();
            return;
        }

        _ = thread.Join(); // the status says nothing that s_failed does not
        Volatile.Write(ref s_task, null);
        Kmem.Free(body);
    }

    /// <summary>Ends the calling thread, and with it the test.</summary>
    internal static void Fail(scoped in LogMessage why)
    {
        if (!Preempt.IsPossible)
            Panic.Now(in why);
        WriteDown(in why);
        if (Task.Current == Volatile.Read(ref s_task))
            s_ended.Complete();
        else
            Crew.Leave();
        Scheduler.Exit(1);
    }

    /// <inheritdoc/>
    protected override int Run()
    {
        KernelTestTable.Run(_index);
        s_ended.Complete();
        return 0;
    }

    private static void WriteDown(scoped in LogMessage why)
    {
        if (Interlocked.Exchange(ref s_failed, 1) != 0)
            return;
        int length = Math.Min(why.Text.Length, DetailBytes);
        why.Text[..length].CopyTo(s_detail);
        Volatile.Write(ref s_detailLength, length);
    }
}

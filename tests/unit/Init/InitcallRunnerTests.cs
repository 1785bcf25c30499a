// Initcalls on the hosted kernel's four processors, in parallel for real: what they need has been done, whatever goes wrong in one
// is said and repaired, and the others do not notice.
using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Threading;
using Commence.Arch;
using Commence.Arch.Hosted;
using Commence.Debug;
using Commence.Init;
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;
using Commence.Tests.Sched;
using Xunit;
using Mutex = Commence.Sched.Mutex;

namespace Commence.Tests.Init;

public class InitcallRunnerTests
{
    private static Mutex s_leftLocked;

    private const ulong Never = ulong.MaxValue / 2;

    private static InitcallOptions Options(bool isParallel = true, ulong boundNs = 10_000_000_000, ulong patienceNs = Limits.TickNanoseconds) =>
        new() { IsParallel = isParallel, BoundNs = boundNs, PatienceNs = patienceNs };

    private static void RunAll(InitcallSet set, in InitcallOptions options, string blacklist = "")
    {
        InitcallRunner runner = new(set, in options);
        foreach (string name in blacklist.Split(',', StringSplitOptions.RemoveEmptyEntries))
            Assert.True(runner.TryBlacklist(Encoding.UTF8.GetBytes(name)));
        runner.Run(InitcallLevel.Early, InitcallLevel.LateSync);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RunsRandomGraphsOnAllProcessors(bool isParallel) => HostedKernel.Run(() =>
    {
        for (int seed = 0; seed < 60; seed++)
        {
            InitcallSet set = null!;
            int[] done = new int[256];
            string? wrong = null;
            set = TestInitcalls.Random(seed, index =>
            {
                foreach (ushort dependency in set.Dependencies(index))
                {
                    if (Volatile.Read(ref done[dependency]) != 1)
                        wrong = $"seed {seed}: call {index} began before {dependency} had ended";
                }

                for (int i = 0; i < set.FirstOf(set.Level(index)); i++)
                {
                    if (Volatile.Read(ref done[i]) != 1)
                        wrong = $"seed {seed}: call {index} began before its level";
                }

                if (index % 5 == 0)
                    Scheduler.Sleep(Nanoseconds.FromMicroseconds(50));
                Interlocked.Increment(ref done[index]);
                return Errno.None;
            });
            RunAll(set, Options(isParallel));
            Assert.Null(wrong);
            Assert.All(done.Take(set.Count), static count => Assert.Equal(1, count));
        }
    });

    // Calls that wait for each other's arrival: they can only all end if they do so at the same time. Nobody but the one that falls
    // asleep calls for help: the watch has all the patience in the world.
    [Theory]
    [InlineData(2)]
    [InlineData(7)] // more than there are processors
    public void CallsThatSleepDoSoAtTheSameTime(int count) => HostedKernel.Run(() =>
    {
        Commence.Sched.Completion allAreHere = default;
        int arrived = 0;
        TestInitcalls set = new();
        for (int i = 0; i < count; i++)
        {
            set.Add(InitcallLevel.Device, $"Disk{i}.Probe", () =>
            {
                if (Interlocked.Increment(ref arrived) == count)
                    allAreHere.CompleteAll();
                allAreHere.Wait();
            });
        }

        RunAll(set, Options(patienceNs: Never));
        Assert.Equal(count, arrived);
    });

    // The same for calls that poll instead: the watch calls for help.
    [Fact]
    public void CallsThatPollDoSoAtTheSameTime() => HostedKernel.Run(() =>
    {
        int arrived = 0;
        TestInitcalls set = new();
        for (int i = 0; i < 2; i++)
        {
            set.Add(InitcallLevel.Device, $"Port{i}.Probe", () =>
            {
                Interlocked.Increment(ref arrived);
                PollUntil(() => Volatile.Read(ref arrived) == 2, "the other one runs too");
            });
        }

        RunAll(set, Options());
        Assert.Equal(2, arrived);
    });

    // One that ends only after all that do not need it have: so they were not kept back, whatever the way in which it hangs.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OneThatHangsKeepsBackOnlyWhatNeedsIt(bool sleeps) => HostedKernel.Run(() =>
    {
        const int Free = 6;
        Commence.Sched.Completion othersAreDone = default;
        int done = 0;
        int doneBeforeDependant = 0;
        Errno Pass()
        {
            if (Interlocked.Increment(ref done) == Free)
                othersAreDone.CompleteAll();
            return Errno.None;
        }

        TestInitcalls set = new();
        set.Add(InitcallLevel.Device, "Hangs.Go", () =>
        {
            if (sleeps)
                othersAreDone.Wait();
            else
                PollUntil(() => Volatile.Read(ref done) == Free, "the others have ended");
        });
        set.Add(InitcallLevel.Device, "Needs.Go", [0], () =>
        {
            doneBeforeDependant = Volatile.Read(ref done);
            return Errno.None;
        });
        for (ushort i = 2; i < 2 + Free; i++)
            set.Add(InitcallLevel.Device, $"Free{i}.Go", i % 3 == 2 ? [] : [(ushort)(i - 1)], Pass);
        RunAll(set, Options(patienceNs: sleeps ? Never : Limits.TickNanoseconds));
        Assert.Equal(Free, doneBeforeDependant);
    });

    // What neither sleeps nor takes its time is run by one thread, in the table's order: waking somebody would cost more.
    [Fact]
    public void ShortCallsWakeNobody() => HostedKernel.Run(() =>
    {
        ConcurrentQueue<(int Pid, int Index)> ran = [];
        TestInitcalls set = null!;
        set = TestInitcalls.Random(seed: 5, index =>
        {
            ran.Enqueue((Task.Current.Pid, index));
            return Errno.None;
        });
        RunAll(set, Options(patienceNs: Never));
        Assert.Equal(Enumerable.Range(0, set.Count).Select(static index => (Task.Current.Pid, index)), ran);
    });

    [Fact]
    public void OneAfterTheOtherIsTheTablesOrderEvenIfACallSleeps() => HostedKernel.Run(() =>
    {
        ConcurrentQueue<int> ended = [];
        TestInitcalls set = TestInitcalls.Random(seed: 7, index =>
        {
            if (index % 3 == 0)
                Scheduler.Sleep(Nanoseconds.FromMicroseconds(50));
            ended.Enqueue(index);
            return Errno.None;
        });
        RunAll(set, Options(isParallel: false));
        Assert.Equal(Enumerable.Range(0, set.Count), ended);
    });

    [Fact]
    public void OneThatFailsOrMisbehavesIsNamedAndRepaired() => HostedKernel.Run(() =>
    {
        LogCursor log = new() { Next = Printk.Ring.End };
        bool isSound = false;
        TestInitcalls set = new();
        set.Add(InitcallLevel.Core, "Broken.Start", [], static () => Errno.EIO);
        set.Add(InitcallLevel.Core, "Absent.Start", [0], static () => Errno.ENODEV);
        set.Add(InitcallLevel.Core, "Pinned.Start", [1], static () =>
        {
            PerCpuArea.DisablePreemption();
            return Errno.None;
        });
        set.Add(InitcallLevel.Core, "Deaf.Start", [2], static () =>
        {
            LocalInterrupts.Disable();
            return Errno.None;
        });
        set.Add(InitcallLevel.Core, "Holder.Start", [3], static () =>
        {
            _ = Mutex.Acquire(ref s_leftLocked, TaskState.Uninterruptible);
            _ = new Mutex.Guard(ref s_leftLocked);
            return Errno.None;
        });
        set.Add(InitcallLevel.Late, "Last.Start", () => isSound = Preempt.IsPossible);
        RunAll(set, Options(isParallel: false));
        s_leftLocked = default;

        Assert.True(isSound);
        string text = TextSince(log);
        Assert.Contains("initcall Broken.Start failed: error -5 (EIO)", text);
        Assert.DoesNotContain("Absent.Start", text);
        Assert.Contains("initcall Pinned.Start returned with preemption imbalance", text);
        Assert.Contains("initcall Deaf.Start returned with disabled interrupts", text);
        Assert.Contains("initcall Holder.Start returned with a lock held", text);
        Assert.DoesNotContain("Last.Start", text);
    });

    [Fact]
    public void OneThatTakesTooLongIsNamedWhileItRuns() => HostedKernel.Run(() =>
    {
        LogCursor log = new() { Next = Printk.Ring.End };
        TestInitcalls set = new();
        set.Add(InitcallLevel.Device, "Slow.Probe", () => HostedKernel.WaitUntil(
            () => TextSince(log).Contains("initcall Slow.Probe has not returned", StringComparison.Ordinal), "it is named"));
        RunAll(set, Options(boundNs: 1));
        Assert.Contains("initcall Slow.Probe returned after", TextSince(log));
    });

    [Fact]
    public void ABlacklistedCallIsPassedOverAndWhatNeedsItRuns() => HostedKernel.Run(() =>
    {
        LogCursor log = new() { Next = Printk.Ring.End };
        ConcurrentQueue<string> ran = [];
        TestInitcalls set = new();
        set.Add(InitcallLevel.Fs, "Cache.Start", () => ran.Enqueue("cache"));
        set.Add(InitcallLevel.Fs, "Ext2.Start", [0], () =>
        {
            ran.Enqueue("ext2");
            return Errno.None;
        });
        RunAll(set, Options(), blacklist: "Cache.Start");
        Assert.Equal(["ext2"], ran);
        Assert.Contains("initcall Cache.Start blacklisted", TextSince(log));
        Assert.False(new InitcallRunner(set, Options()).TryBlacklist("Cache.Stop"u8));
    });

    [Fact]
    public void DebugSaysWhatRunsWhereAndForHowLong() => HostedKernel.Run(() =>
    {
        LogCursor log = new() { Next = Printk.Ring.End };
        TestInitcalls set = new();
        set.Add(InitcallLevel.Pure, "Talk.Start", [], static () => Errno.EBUSY);
        RunAll(set, new InitcallOptions { IsDebug = true, BoundNs = ulong.MaxValue / 2 });
        string text = TextSince(log);
        Assert.Matches(@"calling  Talk\.Start @ \d+ on CPU \d", text);
        Assert.Matches(@"initcall Talk\.Start returned -16 after \d+ usecs on CPU \d", text);
    });

    // Without letting go of the (hosted) processor; the host's own processors are for all.
    private static void PollUntil(Func<bool> condition, string what)
    {
        Stopwatch elapsed = Stopwatch.StartNew();
        while (!condition())
        {
            if (elapsed.Elapsed > HostedMachine.DefaultLimit)
                throw new TimeoutException($"not within {HostedMachine.DefaultLimit.TotalSeconds} s: {what}");
            Cpu.Relax();
            Thread.Yield();
        }
    }

    private static string TextSince(LogCursor cursor)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[1024];
        while (Printk.Ring.Read(ref cursor, buffer, out LogRecord record) == LogReadStatus.Record)
            text.AppendLine(Encoding.UTF8.GetString(buffer, 0, record.Length));
        return text.ToString();
    }
}

// Who counts as hung: only a task that nothing but its event wakes, and only if it has slept through two looks.
using System.Text;
using Commence.Debug;
using Commence.Lib;
using Commence.Sched;
using Xunit;

namespace Commence.Tests.Sched;

public class HungTaskTests
{
    private static readonly Nanoseconds s_never = new(ulong.MaxValue);

    [Fact]
    public void ATaskThatSleepsThroughTwoLooksIsNamed() => HostedKernel.Run(() =>
    {
        Completion end = default;
        KernelThread sleeper = HostedKernel.Spawn(() => end.Wait(), "stuck");
        AwaitSleep(sleeper, TaskState.Uninterruptible);
        string message = $"INFO: task stuck:{sleeper.Task.Pid} blocked for more than ";

        Assert.DoesNotContain(message, TextOfCheck(default)); // seen for the first time
        Assert.DoesNotContain(message, TextOfCheck(s_never)); // not for long enough
        Assert.Contains(message, TextOfCheck(default));

        end.CompleteAll();
        sleeper.Join();
    });

    [Fact]
    public void ATaskThatRanInBetweenIsNot() => HostedKernel.Run(() =>
    {
        Completion first = default;
        Completion second = default;
        int stage = 0;
        KernelThread sleeper = HostedKernel.Spawn(
            () =>
            {
                first.Wait();
                System.Threading.Volatile.Write(ref stage, 1);
                second.Wait();
            },
            "lively");
        AwaitSleep(sleeper, TaskState.Uninterruptible);
        _ = TextOfCheck(default);
        first.CompleteAll();
        HostedKernel.WaitUntil(() => System.Threading.Volatile.Read(ref stage) == 1, "it goes on");
        AwaitSleep(sleeper, TaskState.Uninterruptible);
        Assert.DoesNotContain("INFO: task lively:", TextOfCheck(default));

        second.CompleteAll();
        sleeper.Join();
    });

    [Fact]
    public void SleepsThatMayTakeForEverAreNot() => HostedKernel.Run(() =>
    {
        Completion end = default;
        WaitQueue idle = default;
        IsSet condition = new();
        KernelThread killable = HostedKernel.Spawn(() => _ = end.WaitKillable(), "killable");
        KernelThread signal = HostedKernel.Spawn(() => _ = end.WaitInterruptible(), "signal");
        KernelThread worker = HostedKernel.Spawn(() => idle.WaitIdle(ref condition), "worker");
        AwaitSleep(killable, TaskState.Killable);
        AwaitSleep(signal, TaskState.Interruptible);
        AwaitSleep(worker, TaskState.Idle);
        _ = TextOfCheck(default);
        string text = TextOfCheck(default);
        foreach (string name in (string[])["killable", "signal", "worker"])
            Assert.DoesNotContain($"INFO: task {name}:", text);

        end.CompleteAll();
        System.Threading.Volatile.Write(ref condition.IsDone, true);
        idle.WakeAll();
        killable.Join();
        signal.Join();
        worker.Join();
    });

    private struct IsSet : IWaitCondition
    {
        internal bool IsDone;

        public bool IsMet() => System.Threading.Volatile.Read(ref IsDone);
    }

    // Off its queue and off its processor: it has left for good until somebody wakes it.
    private static void AwaitSleep(KernelThread thread, TaskState state) => HostedKernel.WaitUntil(
        () => thread.Task.State == state && thread.Task.QueueState == QueueState.Off && !thread.Task.IsOnCpu, "it sleeps");

    private static string TextOfCheck(Nanoseconds timeout)
    {
        LogCursor cursor = new() { Next = Printk.Ring.End };
        HungTasks.WarningsLeft = -1;
        HungTasks.Check(timeout);
        StringBuilder text = new();
        byte[] buffer = new byte[1024];
        while (Printk.Ring.Read(ref cursor, buffer, out LogRecord record) == LogReadStatus.Record)
            text.AppendLine(Encoding.UTF8.GetString(buffer, 0, record.Length));
        return text.ToString();
    }
}

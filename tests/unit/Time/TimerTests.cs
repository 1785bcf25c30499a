using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Commence.Sched;
using Commence.Tests.Sched;
using Commence.Time;
using Xunit;
using Timer = Commence.Time.Timer;

namespace Commence.Tests.Time;

public class TimerTests
{
    private sealed class Probe : Timer
    {
        public int Fired;
        public Nanoseconds FiredAt;
        public Nanoseconds Period;

        protected internal override void OnExpired()
        {
            FiredAt = Clock.Monotonic();
            Interlocked.Increment(ref Fired);
            if (Period.Value != 0)
                Start(FiredAt + Period);
        }
    }

    [Fact]
    public void FiresOnceAndNotEarly() => HostedKernel.Run(() =>
    {
        Probe probe = new();
        Nanoseconds deadline = Clock.Monotonic() + Nanoseconds.FromMilliseconds(10);
        probe.Start(deadline);
        Assert.True(probe.IsPending);
        HostedKernel.WaitUntil(() => Volatile.Read(ref probe.Fired) != 0, "it fired");
        Assert.True(probe.FiredAt >= deadline);
        Assert.False(probe.IsPending);
        Scheduler.Sleep(Nanoseconds.FromMilliseconds(20));
        Assert.Equal(1, probe.Fired);
    });

    [Fact]
    public void CancelledTimerDoesNotFire() => HostedKernel.Run(() =>
    {
        Probe probe = new();
        Assert.False(probe.Cancel()); // never started
        probe.Start(Clock.Monotonic() + Nanoseconds.FromMilliseconds(20));
        Assert.True(probe.Cancel());
        Assert.False(probe.Cancel());
        Scheduler.Sleep(Nanoseconds.FromMilliseconds(40));
        Assert.Equal(0, probe.Fired);
    });

    [Fact]
    public void RestartReplacesTheDeadline() => HostedKernel.Run(() =>
    {
        Probe probe = new();
        probe.Start(Clock.Monotonic() + Nanoseconds.FromSeconds(1000));
        Nanoseconds deadline = Clock.Monotonic() + Nanoseconds.FromMilliseconds(3);
        probe.Start(deadline);
        HostedKernel.WaitUntil(() => Volatile.Read(ref probe.Fired) == 1, "it fired");
        Assert.True(probe.FiredAt >= deadline);
    });

    [Fact]
    public void TimerMayStartItselfAgain() => HostedKernel.Run(() =>
    {
        Probe probe = new() { Period = Nanoseconds.FromMilliseconds(1) };
        probe.Start(Clock.Monotonic());
        HostedKernel.WaitUntil(() => Volatile.Read(ref probe.Fired) >= 5, "it fired five times");
        probe.Period = default;
        probe.CancelAndWait();
        HostedKernel.WaitUntil(() => !probe.IsPending, "it ended");
    });

    // Threads on all processors start and cancel the same timers: each start is answered by one firing or one cancel.
    [Fact]
    public void StartsAndCancelsFromEverywhere() => HostedKernel.Run(() =>
    {
        Probe[] probes = [.. Enumerable.Range(0, 4).Select(_ => new Probe())];
        KernelThread[] threads = [.. Enumerable.Range(0, 6).Select(number => HostedKernel.Spawn(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                Probe probe = probes[(i + number) % probes.Length];
                if (i % 3 == 0)
                    probe.CancelAndWait();
                else
                    probe.Start(Clock.Monotonic() + Nanoseconds.FromMicroseconds((ulong)(i % 50) * 10));
                if (i % 20 == 0)
                    Scheduler.Yield();
            }
        }))];
        foreach (KernelThread thread in threads)
            thread.Join();
        foreach (Probe probe in probes)
        {
            HostedKernel.WaitUntil(() => !probe.IsPending, "it fired or was cancelled");
            probe.CancelAndWait();
        }
    });

    [Fact]
    public void ManyTimersFireInOrder() => HostedKernel.Run(() =>
    {
        List<Probe> probes = [.. Enumerable.Range(0, 200).Select(_ => new Probe())];
        Nanoseconds start = Clock.Monotonic();
        for (int i = 0; i < probes.Count; i++)
            probes[i].Start(start + Nanoseconds.FromMicroseconds((ulong)(i * 37 % 200 * 100)));
        HostedKernel.WaitUntil(() => probes.All(probe => Volatile.Read(ref probe.Fired) == 1), "all fired");
        for (int i = 0; i < probes.Count; i++)
            Assert.True(probes[i].FiredAt >= start + Nanoseconds.FromMicroseconds((ulong)(i * 37 % 200 * 100)));
    });
}

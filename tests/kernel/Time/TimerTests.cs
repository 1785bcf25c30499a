using System.Threading;
using Commence.Memory;
using Commence.Sched;
using Commence.Time;

namespace Commence.Testing;

/// <summary>Sleeping and timers.</summary>
internal static class TimerTests
{
    [KernelTest]
    internal static void SleepIsNeverTooShort()
    {
        for (ulong us = 1; us < 50_000; us *= 5)
        {
            Nanoseconds begin = Clock.Monotonic();
            Scheduler.Sleep(Nanoseconds.FromMicroseconds(us));
            Check.That(Clock.Monotonic() - begin >= Nanoseconds.FromMicroseconds(us));
        }
    }

    private sealed class ClockWatcher : KernelThreadBody
    {
        protected override int Run()
        {
            Nanoseconds before = Clock.Monotonic();
            for (int i = 0; i < 20_000; i++)
            {
                Nanoseconds now = Clock.Monotonic();
                Bug.On(now < before);
                before = now;
            }

            return 0;
        }
    }

    [KernelTest]
    internal static void TimeDoesNotRunBackwardsOnAnyProcessor()
    {
        Squad squad = new();
        for (int i = 0; i < Squad.CpuCount; i++)
            squad.Add(new ClockWatcher(), new CpuId(i));
        squad.Start();
        squad.Join();
    }

    private sealed class Bell : Timer
    {
        internal int Rings;
        internal Nanoseconds RangAt;

        protected override void OnExpired()
        {
            RangAt = Clock.Monotonic();
            Interlocked.Increment(ref Rings);
        }
    }

    private readonly struct HasRung(Bell bell) : IExpectation
    {
        public bool IsFulfilled => Volatile.Read(ref bell.Rings) != 0;
    }

    [KernelTest]
    internal static void TimerFiresOnceAndNotEarly()
    {
        Bell bell = new();
        Nanoseconds deadline = Clock.Monotonic() + Nanoseconds.FromMilliseconds(10);
        bell.Start(deadline);
        HasRung rung = new(bell);
        Expect.Soon(ref rung);
        Check.That(bell.RangAt >= deadline);
        Scheduler.Sleep(Nanoseconds.FromMilliseconds(10));
        Check.That(bell.Rings == 1);
        Check.That(!bell.CancelAndWait());
        Kmem.Free(bell);
    }

    [KernelTest]
    internal static void CancelledTimerDoesNotFire()
    {
        Bell bell = new();
        bell.Start(Clock.Monotonic() + Nanoseconds.FromMilliseconds(30));
        Check.That(bell.CancelAndWait());
        Scheduler.Sleep(Nanoseconds.FromMilliseconds(50));
        Check.That(bell.Rings == 0);
        Kmem.Free(bell);
    }

    private sealed class Fiddler(Bell bell, int number) : KernelThreadBody
    {
        protected override int Run()
        {
            for (int i = 0; i < 500; i++)
            {
                if ((i + number) % 3 == 0)
                    bell.CancelAndWait();
                else
                    bell.Start(Clock.Monotonic() + Nanoseconds.FromMicroseconds((ulong)(i % 7) * 500));
            }

            return 0;
        }
    }

    [KernelTest]
    internal static void TimersMayBeStartedAndCancelledFromEverywhere()
    {
        Bell bell = new();
        Squad squad = new();
        for (int i = 0; i < Squad.CpuCount + 1; i++)
            squad.Add(new Fiddler(bell, i));
        squad.Start();
        squad.Join();
        bell.CancelAndWait();
        Check.That(!bell.IsPending);
        Kmem.Free(bell);
    }
}

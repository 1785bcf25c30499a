// The clock while its source changes, seen from all processors; and waits that do not sleep.
using System.Threading;
using Commence.Memory;
using Commence.Smp;
using Commence.Time;

namespace Commence.Testing;

internal static class ClockSwitchTests
{
    private const int Reads = 5_000;
    private const int SwitchesMin = 50;

    private sealed class Watching : Work
    {
        internal ulong Latest;  // the latest time that any processor was told; Interlocked
        internal int Watchers;  // that still read
        internal int Switches;
        internal int Backwards;

        internal override void Run(int index)
        {
            if (index == 0)
                SwitchUntilDone();
            else
                Watch();
        }

        // What others were told before is read first: the clock, read after it, may not be behind.
        private void Watch()
        {
            for (int i = 0; i < Reads || Volatile.Read(ref Switches) < SwitchesMin; i++)
            {
                ulong told = Volatile.Read(ref Latest);
                ulong now = Clock.Monotonic().Value;
                if (now < told)
                    Interlocked.Increment(ref Backwards);
                while (told < now && Interlocked.CompareExchange(ref Latest, now, told) != told)
                    told = Volatile.Read(ref Latest);
            }

            Interlocked.Decrement(ref Watchers);
        }

        private void SwitchUntilDone()
        {
            for (int i = 0; Volatile.Read(ref Watchers) != 0; i++)
            {
                Clock.Start(ClockSources.Get(i % ClockSources.Count));
                Interlocked.Increment(ref Switches);
            }
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void TimeGoesOnWhileItsSourceChanges()
    {
        ClockSource before = Clock.Source!;
        Check.That(ClockSources.Count > 1);
        Watching work = new();
        work.Watchers = Processors.OnlineCount - 1;
        Crew.RunOnEachCpu(work);
        Clock.Start(before);
        Check.Equal(0, work.Backwards);
        Check.That(work.Switches >= SwitchesMin);
        Kmem.Free(work);
    }

    [KernelTest]
    internal static void ADelayIsNotTooShort()
    {
        Check.That(Delay.LoopsPerTick != 0);
        Check.Equal(Delay.LoopsPerTick, Processor.Current.LoopsPerTick);
        for (uint us = 1; us <= Delay.MicrosecondsMax; us *= 7)
        {
            Nanoseconds begin = Clock.Monotonic();
            Delay.Microseconds(us);
            // The clock's rate and the delay's are rounded apart, to less than one in a thousand.
            Check.That((Clock.Monotonic() - begin).Value >= us * 999ul);
        }
    }
}

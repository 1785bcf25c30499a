using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;
using Commence.Workqueues;
using QueuedWork = Commence.Workqueues.Work;

namespace Commence.Testing;

/// <summary>Workqueues on the machine's own processors.</summary>
internal static class WorkqueueTests
{
    private const int Cpus = 4;

    // Says where it runs, and checks that it does so once at a time.
    private sealed class Probe : QueuedWork
    {
        private int _inside;

        internal int Runs;
        internal int Cpu = -1;
        internal int RoundsLeft; // queues itself anew so often
        internal Workqueue? Home;
        internal int SleepMicroseconds;

        protected override void Run()
        {
            Bug.On(Interlocked.Increment(ref _inside) != 1);
            using (Preempt.Disable())
                Cpu = PerCpuArea.Id.Value;
            if (SleepMicroseconds != 0)
                Scheduler.Sleep(Nanoseconds.FromMicroseconds((ulong)SleepMicroseconds));
            if (RoundsLeft > 0)
            {
                RoundsLeft--;
                Bug.On(!Home!.QueueOn(new CpuId(RoundsLeft % Cpus), this));
            }

            Interlocked.Increment(ref Runs);
            Bug.On(Interlocked.Decrement(ref _inside) != 0);
        }
    }

    private sealed class Waiter(Gate gate) : QueuedWork
    {
        protected override void Run()
        {
            gate.Begun.Increment();
            gate.Open.Wait();
        }
    }

    private sealed class Gate
    {
        internal SharedCounter Begun = new();
        internal Completion Open;
    }

    private sealed class Late(SharedCounter counter) : DelayedWork
    {
        protected override void Run() => counter.Increment();
    }

    [KernelTest(Cpus = Cpus)]
    internal static void WorkStaysOnItsProcessor()
    {
        for (int round = 0; round < 50; round++)
        {
            CpuId cpu = new(round % Cpus);
            Probe probe = new() { SleepMicroseconds = round % 3 == 0 ? 100 : 0 };
            Check.That(SystemWorkqueues.Normal.QueueOn(cpu, probe));
            probe.Flush();
            Check.That(probe.Runs == 1);
            Check.That(probe.Cpu == cpu.Value);
            Kmem.Free(probe);
        }
    }

    [KernelTest(Cpus = Cpus)]
    internal static void ASleepingWorkBlocksNobody()
    {
        const int Count = 20;
        Gate gate = new();
        Workqueue queue = Workqueue.TryCreate("sleepers"u8, WorkqueueFlags.None).Value;
        for (int i = 0; i < Count; i++)
            queue.QueueOn(new CpuId(1), new Waiter(gate));
        CounterReaches all = new(gate.Begun, Count);
        Expect.Soon(ref all);
        gate.Open.CompleteAll();
        queue.Flush();
        Check.That(queue.Destroy() == Errno.None);
    }

    [KernelTest(Cpus = Cpus)]
    internal static void AWorkThatQueuesItselfRunsOnceATime()
    {
        const int Rounds = 300;
        Probe probe = new() { RoundsLeft = Rounds, Home = SystemWorkqueues.Normal };
        SystemWorkqueues.Normal.Queue(probe);
        HasRun all = new(probe, Rounds + 1);
        Expect.Soon(ref all);
        probe.Flush();
        Check.That(probe.Runs == Rounds + 1);
        Kmem.Free(probe);
    }

    private readonly struct HasRun(Probe probe, int count) : IExpectation
    {
        public bool IsFulfilled => Volatile.Read(ref probe.Runs) >= count;
    }

    private sealed class Queuer(Probe probe, Workqueue queue, int seed) : KernelThreadBody
    {
        // Returns how often the work was accepted and not taken back.
        protected override int Run()
        {
            Dice dice = new(seed);
            int accepted = 0;
            for (int i = 0; i < 400; i++)
            {
                switch (dice.Roll(8))
                {
                    case 0:
                        accepted -= probe.Cancel() ? 1 : 0;
                        break;
                    case 1:
                        accepted -= probe.CancelAndWait() ? 1 : 0;
                        break;
                    case 2:
                        probe.Flush();
                        break;
                    case 3:
                        queue.Flush();
                        break;
                    default:
                        accepted += queue.QueueOn(new CpuId(dice.Roll(Cpus)), probe) ? 1 : 0;
                        break;
                }
            }

            return accepted;
        }
    }

    // Four threads queue, flush and cancel one work; each acceptance is one run, or one cancellation.
    [KernelTest(Cpus = Cpus)]
    internal static void NothingIsLostAndNothingRunsTwice()
    {
        for (int round = 0; round < 4; round++)
        {
            Workqueue queue = Workqueue.TryCreate("random"u8, round % 2 == 0 ? WorkqueueFlags.None : WorkqueueFlags.Unbound, maxActive: 2).Value;
            Probe probe = new();
            Squad squad = new();
            for (int i = 0; i < Cpus; i++)
                squad.Add(new Queuer(probe, queue, (round * Cpus) + i));
            squad.Start();
            int accepted = squad.Join();
            Check.That(queue.Destroy() == Errno.None);
            Check.That(probe.Runs == accepted);
            Check.That(!probe.IsPending);
            Kmem.Free(probe);
        }
    }

    [KernelTest(Cpus = Cpus)]
    internal static void DelayedWorkRunsIsCancelledAndFlushed()
    {
        SharedCounter counter = new();
        Late late = new(counter);
        Check.That(SystemWorkqueues.Normal.QueueDelayedOn(new CpuId(2), late, Nanoseconds.FromMilliseconds(8)));
        CounterReaches once = new(counter, 1);
        Expect.Soon(ref once);
        Check.That(SystemWorkqueues.Normal.QueueDelayed(late, Nanoseconds.FromSeconds(3600)));
        Check.That(late.CancelAndWait());
        Check.That(SystemWorkqueues.Normal.QueueDelayed(late, Nanoseconds.FromSeconds(3600)));
        Check.That(late.FlushDelayed());
        Check.That(counter.Value == 2);
        late.Free();
        Kmem.Free(counter);
    }

    [KernelTest(Cpus = Cpus)]
    internal static void WorkIsSpreadOverProcessorsWhereItIsUnbound()
    {
        Gate gate = new();
        Workqueue queue = Workqueue.TryCreate("spread"u8, WorkqueueFlags.Unbound).Value;
        for (int i = 0; i < Cpus * 2; i++)
            queue.Queue(new Waiter(gate));
        CounterReaches all = new(gate.Begun, Cpus * 2); // they wait for one another: none could begin after another has ended
        Expect.Soon(ref all);
        gate.Open.CompleteAll();
        Check.That(queue.Destroy() == Errno.None);
    }
}

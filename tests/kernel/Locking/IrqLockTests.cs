// Data that a timer's handler shares with threads of all processors.
using System.Threading;
using Commence.Arch;
using Commence.Locking;
using Commence.Memory;
using Commence.Smp;
using Commence.Time;

namespace Commence.Testing;

internal static class IrqLockTests
{
    private const int Rounds = 5000;
    private const int Rings = 30;

    private sealed class Shared : Work
    {
        internal IrqSpinLock Lock;
        internal long First;   // always equal to Second outside the lock
        internal long Second;
        internal int Torn;

        internal override void Run(int index)
        {
            for (int i = 0; i < Rounds; i++)
                Add(1);
        }

        internal void Add(long value)
        {
            using IrqSpinLock.Guard guard = Lock.Lock();
            if (Volatile.Read(ref First) != Volatile.Read(ref Second))
                Torn++;
            Volatile.Write(ref First, First + value);
            for (int i = 0; i < 5; i++)
                Cpu.Relax();
            Volatile.Write(ref Second, Second + value);
        }
    }

    private sealed class Ringing : Timer
    {
        internal Shared Shared = null!;
        internal int Left = Rings;

        protected override void OnExpired()
        {
            Shared.Add(1_000_000);
            if (Interlocked.Decrement(ref Left) > 0)
                Start(Clock.Monotonic() + new Nanoseconds(1));
        }
    }

    // A timer for each processor, since it rings where it was started.
    private sealed class Starting : Work
    {
        internal Shared Shared = null!;

        internal override void Run(int index)
        {
            Ringing timer = new() { Shared = Shared };
            timer.Start(Clock.Monotonic());
            Shared.Run(index);
            while (Volatile.Read(ref timer.Left) > 0)
                Shared.Add(0);
            _ = timer.CancelAndWait(); // it has rung for the last time
            Kmem.Free(timer);
        }
    }

    [KernelTest]
    internal static void HandlersAndThreadsExcludeEachOther()
    {
        Shared shared = new();
        Starting work = new() { Shared = shared };
        Crew.RunOnEachCpu(work);
        Check.Equal(0, shared.Torn);
        Check.Equal((long)Processors.OnlineCount * (Rounds + (Rings * 1_000_000L)), shared.First);
        Check.Equal(shared.First, shared.Second);
        Kmem.Free(shared);
        Kmem.Free(work);
    }
}

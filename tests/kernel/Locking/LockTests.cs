using Commence.Locking;
using Commence.Sched;

namespace Commence.Testing;

/// <summary>Locks under contention from all processors.</summary>
internal static class LockTests
{
    private const int Rounds = 2000;

    private sealed class Shared
    {
        internal SpinLock Spin;
        internal IrqSpinLock IrqSpin;
        internal Mutex Mutex;
        internal RwSemaphore Semaphore;
        internal int Plain;      // changed under the lock of the test, without any other protection
        internal int Readers;
    }

    private sealed class SpinWorker(Shared shared) : KernelThreadBody
    {
        protected override int Run()
        {
            for (int i = 0; i < Rounds; i++)
            {
                using SpinLock.Guard guard = shared.Spin.Lock();
                shared.Plain++;
            }

            return 0;
        }
    }

    [KernelTest]
    internal static void SpinLockExcludes()
    {
        Shared shared = new();
        Squad squad = new();
        for (int i = 0; i < Squad.CpuCount; i++)
            squad.Add(new SpinWorker(shared), new CpuId(i));
        squad.Start();
        int expected = squad.Count * Rounds;
        squad.Join();
        Check.That(shared.Plain == expected);
    }

    private sealed class IrqSpinWorker(Shared shared) : KernelThreadBody
    {
        protected override int Run()
        {
            for (int i = 0; i < Rounds; i++)
            {
                using IrqSpinLock.Guard guard = shared.IrqSpin.Lock();
                shared.Plain++;
            }

            return 0;
        }
    }

    [KernelTest]
    internal static void IrqSpinLockExcludes()
    {
        Shared shared = new();
        Squad squad = new();
        for (int i = 0; i < Squad.CpuCount; i++)
            squad.Add(new IrqSpinWorker(shared), new CpuId(i));
        squad.Start();
        int expected = squad.Count * Rounds;
        squad.Join();
        Check.That(shared.Plain == expected);
    }

    private sealed class MutexWorker(Shared shared, int number) : KernelThreadBody
    {
        protected override int Run()
        {
            for (int i = 0; i < Rounds / 4; i++)
            {
                using Mutex.Guard guard = shared.Mutex.Lock();
                int before = shared.Plain;
                if ((i + number) % 8 == 0)
                    Scheduler.Yield();
                if ((i + number) % 128 == 0)
                    Scheduler.Sleep(new Nanoseconds(1));
                shared.Plain = before + 1;
            }

            return 0;
        }
    }

    [KernelTest]
    internal static void MutexExcludes()
    {
        Shared shared = new();
        Squad squad = new();
        for (int i = 0; i < Squad.CpuCount + 2; i++)
            squad.Add(new MutexWorker(shared, i));
        squad.Start();
        int expected = squad.Count * (Rounds / 4);
        squad.Join();
        Check.That(shared.Plain == expected);
    }

    private sealed class SemaphoreWorker(Shared shared, int number) : KernelThreadBody
    {
        protected override int Run()
        {
            for (int i = 0; i < Rounds / 4; i++)
            {
                if ((i + number) % 4 == 0)
                    Write();
                else
                    Read();
            }

            return 0;
        }

        private void Write()
        {
            using RwSemaphore.WriteGuard guard = shared.Semaphore.Write();
            int before = shared.Plain;
            Bug.On(System.Threading.Volatile.Read(ref shared.Readers) != 0);
            Scheduler.Yield();
            shared.Plain = before + 1;
        }

        private void Read()
        {
            using RwSemaphore.ReadGuard guard = shared.Semaphore.Read();
            System.Threading.Interlocked.Increment(ref shared.Readers);
            int before = System.Threading.Volatile.Read(ref shared.Plain);
            if (number % 2 == 0)
                Scheduler.Yield();
            Bug.On(System.Threading.Volatile.Read(ref shared.Plain) != before);
            System.Threading.Interlocked.Decrement(ref shared.Readers);
        }
    }

    [KernelTest]
    internal static void RwSemaphoreExcludes()
    {
        Shared shared = new();
        Squad squad = new();
        for (int i = 0; i < Squad.CpuCount + 3; i++)
            squad.Add(new SemaphoreWorker(shared, i));
        squad.Start();
        int expected = squad.Count * (Rounds / 16);
        squad.Join();
        Check.That(shared.Plain == expected);
    }
}

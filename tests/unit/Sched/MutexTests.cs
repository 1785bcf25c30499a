using System;
using System.Linq;
using System.Threading;
using Commence.Arch.Hosted;
using Commence.Locking;
using Commence.Sched;
using Xunit;
using Mutex = Commence.Sched.Mutex;
using Task = Commence.Sched.Task;

namespace Commence.Tests.Sched;

public class MutexTests
{
    private Mutex _mutex;
    private Commence.Sched.Completion _go;
    private int _inside;
    private int _total;

    [Fact]
    public void OnlyOneIsInside() => HostedKernel.Run(() =>
    {
        const int Threads = 8;
        const int Rounds = 200;
        KernelThread[] threads = [.. Enumerable.Range(0, Threads).Select(number => HostedKernel.Spawn(() =>
        {
            _go.Wait();
            for (int i = 0; i < Rounds; i++)
            {
                using Mutex.Guard guard = _mutex.Lock();
                Assert.Equal(1, Interlocked.Increment(ref _inside));
                _total++;
                if ((i + number) % 16 == 0)
                    Scheduler.Yield(); // somebody else finds it locked
                if ((i + number) % 64 == 0)
                    Scheduler.Sleep(Nanoseconds.FromMicroseconds(100));
                Assert.Equal(0, Interlocked.Decrement(ref _inside));
            }
        }))];
        _go.CompleteAll();
        foreach (KernelThread thread in threads)
            thread.Join();
        Assert.Equal(Threads * Rounds, _total);
        Assert.True(_mutex.TryLock(out Mutex.Guard last));
        last.Dispose();
    });

    [Fact]
    public void TryLockFailsWhileHeld() => HostedKernel.Run(() =>
    {
        using Mutex.Guard guard = _mutex.Lock();
        Assert.True(_mutex.IsHeldByCurrent());
        KernelThread other = HostedKernel.Spawn(() =>
        {
            bool isTaken = _mutex.TryLock(out _);
            return isTaken || _mutex.IsHeldByCurrent() ? 1 : 0;
        });
        Assert.Equal(0, other.Join());
    });

    [Fact]
    public void UnlockingAnothersMutexIsABug() => HostedKernel.Run(() =>
    {
        Mutex.Guard guard = _mutex.Lock();
        KernelThread other = HostedKernel.Spawn(() =>
        {
            try
            {
                Mutex.Release(ref _mutex);
                return 0;
            }
            catch (KernelBugException)
            {
                return 1;
            }
        });
        Assert.Equal(1, other.Join());
        guard.Dispose();
    });

    [Fact]
    public void SignalEndsTheWait() => HostedKernel.Run(() =>
    {
        using Mutex.Guard guard = _mutex.Lock();
        for (int i = 0; i < 20; i++)
        {
            KernelThread waiter = HostedKernel.Spawn(() => _mutex.TryLockInterruptible(out Mutex.Guard _) ? 1 : 0);
            if (i % 2 == 0)
                HostedKernel.WaitUntil(() => waiter.Task.State == TaskState.Interruptible, "it waits");
            waiter.Task.AddWork(TaskWork.Signal);
            Scheduler.WakeUp(waiter.Task, TaskState.Interruptible);
            Assert.Equal(0, waiter.Join());
        }
    });

    // A waiter that was interrupted must not take the wake-up of the next one with it.
    [Fact]
    public void OthersGetTheMutexAfterAnInterruptedWaiter() => HostedKernel.Run(() =>
    {
        for (int round = 0; round < 50; round++)
        {
            Mutex.Guard guard = _mutex.Lock();
            KernelThread first = HostedKernel.Spawn(() =>
            {
                if (!_mutex.TryLockInterruptible(out Mutex.Guard taken))
                    return 0;
                taken.Dispose();
                return 1;
            });
            HostedKernel.WaitUntil(() => first.Task.State == TaskState.Interruptible, "the first waits");
            KernelThread second = HostedKernel.Spawn(() =>
            {
                using Mutex.Guard taken = _mutex.Lock();
            });
            HostedKernel.WaitUntil(() => second.Task.State == TaskState.Uninterruptible, "the second waits");
            first.Task.AddWork(TaskWork.Signal);
            guard.Dispose();
            Scheduler.WakeUp(first.Task, TaskState.Interruptible);
            first.Join();
            second.Join();
        }
    });

    // Who lost to a passer-by once gets the mutex at the next release: a busy owner cannot keep it.
    [Fact]
    public void BusyOwnerCannotStarveAWaiter() => HostedKernel.Run(() =>
    {
        int rounds = 0;
        bool isOver = false;
        KernelThread greedy = HostedKernel.Spawn(() =>
        {
            _go.Complete();
            while (!Volatile.Read(ref isOver))
            {
                using Mutex.Guard guard = _mutex.Lock();
                rounds++;
                Cpu.Relax();
            }
        });
        _go.Wait();
        for (int i = 0; i < 50; i++)
        {
            using Mutex.Guard guard = _mutex.Lock();
        }

        Volatile.Write(ref isOver, true);
        greedy.Join();
        Assert.True(rounds > 0);
    });

    [Fact]
    public void SleepingUnderASpinLockIsABug() => HostedKernel.Run(() =>
    {
        KernelThread thread = HostedKernel.Spawn(() =>
        {
            Commence.Locking.SpinLock spin = default;
            using Commence.Locking.SpinLock.Guard guard = spin.Lock();
            try
            {
                using Mutex.Guard wrong = _mutex.Lock();
                return 0;
            }
            catch (KernelBugException)
            {
                return 1;
            }
        });
        Assert.Equal(1, thread.Join());
    });
}

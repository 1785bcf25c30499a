using System.Threading;
using Commence.Arch.Hosted;
using Commence.Locking;
using Xunit;
using SpinLock = Commence.Locking.SpinLock;

namespace Commence.Tests.Locking;

public class SpinLockTests
{
    private SpinLock _lock;
    private int _guarded;

    [Fact]
    public void HoldingTurnsPreemptionOff()
    {
        using HostedMachine machine = new(1);
        using var processor = machine.Enter(0);
        using (SpinLock.Guard guard = _lock.Lock())
        {
            Assert.Equal(1u, Preempt.Depth);
            Assert.True(_lock.IsHeldHere());
        }

        Assert.Equal(0u, Preempt.Depth);
        Assert.False(_lock.IsHeldHere());
    }

    [Fact]
    public void TryLockFailsWhileHeldElsewhere()
    {
        using HostedMachine machine = new(2);
        using (machine.Enter(0))
        {
            using SpinLock.Guard guard = _lock.Lock();
            using (machine.Enter(1))
            {
                Assert.False(_lock.TryLock(out SpinLock.Guard none));
                Assert.Equal(0u, Preempt.Depth);
                Assert.False(_lock.IsHeldHere());
            }
        }

        using (machine.Enter(1))
        {
            Assert.True(_lock.TryLock(out SpinLock.Guard guard));
            guard.Dispose();
        }
    }

    [Fact]
    public void TakingItTwiceIsABug()
    {
        using HostedMachine machine = new(1);
        using var processor = machine.Enter(0);
        Assert.Throws<KernelBugException>(() =>
        {
            using SpinLock.Guard first = _lock.Lock();
            using SpinLock.Guard second = _lock.Lock();
        });
    }

    [Fact]
    public void ReleasingTwiceIsABug()
    {
        using HostedMachine machine = new(1);
        using var processor = machine.Enter(0);
        Assert.Throws<KernelBugException>(() =>
        {
            SpinLock.Guard guard = _lock.Lock();
            guard.Dispose();
            guard.Dispose();
        });
    }

    [Fact]
    public void ReleasingOnAnotherProcessorIsABug()
    {
        using HostedMachine machine = new(2);
        Assert.Throws<KernelBugException>(() =>
        {
            SpinLock.Guard guard;
            using (machine.Enter(0))
                guard = _lock.Lock();
            using (machine.Enter(1))
                guard.Dispose();
        });
    }

    [Fact]
    public void OnlyOneProcessorIsInside() => Contend();

    [Fact]
    public void OnlyOneProcessorIsInsideWhereWaitersBarge()
    {
        SpinPolicy.AllowBarging();
        try
        {
            Contend();
        }
        finally
        {
            SpinPolicy.ForbidBarging();
        }
    }

    private void Contend()
    {
        const int Rounds = 2000;
        using HostedMachine machine = new(2);
        machine.Run(_ =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                using SpinLock.Guard guard = _lock.Lock();
                int before = _guarded;
                if (i % 64 == 0)
                    Thread.Yield();
                _guarded = before + 1;
            }
        });
        Assert.Equal(2 * Rounds, _guarded);
    }
}

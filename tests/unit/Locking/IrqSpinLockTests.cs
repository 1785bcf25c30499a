using Commence.Arch.Hosted;
using Commence.Locking;
using Xunit;

namespace Commence.Tests.Locking;

public class IrqSpinLockTests
{
    private IrqSpinLock _lock;
    private int _guarded;

    [Fact]
    public void HoldingTurnsInterruptsOff()
    {
        using HostedMachine machine = new(1);
        using var processor = machine.Enter(0);
        using (IrqSpinLock.Guard guard = _lock.Lock())
        {
            Assert.False(LocalIrq.IsEnabled);
            IrqSpinLock other = default;
            using (IrqSpinLock.Guard inner = other.Lock())
                Assert.False(LocalIrq.IsEnabled);
            Assert.False(LocalIrq.IsEnabled);
        }

        Assert.True(LocalIrq.IsEnabled);
    }

    [Fact]
    public void InterruptWaitsForTheHolder()
    {
        using HostedMachine machine = new(1);
        using var processor = machine.Enter(0);
        bool isTaken = false;
        using (IrqSpinLock.Guard guard = _lock.Lock())
        {
            machine[0].Interrupt(() =>
            {
                using IrqSpinLock.Guard inner = _lock.Lock(); // would find its own processor inside
                isTaken = true;
            });
            Assert.False(isTaken);
        }

        Assert.True(isTaken);
    }

    [Fact]
    public void TurningInterruptsOnUnderItIsABug()
    {
        using HostedMachine machine = new(1);
        using var processor = machine.Enter(0);
        Assert.Throws<KernelBugException>(() =>
        {
            using IrqSpinLock.Guard guard = _lock.Lock();
            HostedLocalInterrupts.Enable();
        });
    }

    [Fact]
    public void FailedTryLockRestoresInterrupts()
    {
        using HostedMachine machine = new(2);
        using (machine.Enter(0))
        {
            using IrqSpinLock.Guard guard = _lock.Lock();
            using (machine.Enter(1))
            {
                Assert.False(_lock.TryLock(out IrqSpinLock.Guard none));
                Assert.True(LocalIrq.IsEnabled);
            }
        }
    }

    [Fact]
    public void OnlyOneProcessorIsInside()
    {
        const int Rounds = 2000;
        using HostedMachine machine = new(2);
        machine.Run(_ =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                using IrqSpinLock.Guard guard = _lock.Lock();
                _guarded++;
            }
        });
        Assert.Equal(2 * Rounds, _guarded);
    }
}

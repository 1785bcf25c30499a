using Commence.Arch.Hosted;
using Commence.Locking;
using Xunit;

namespace Commence.Tests.Locking;

public class PreemptTests
{
    private sealed class CountingHook : PreemptHook
    {
        public int Calls;

        public override void OnPreemptible()
        {
            Calls++;
            HostedPerCpuArea.ClearRescheduleWish();
        }
    }

    [Fact]
    public void WishIsServedAtTheOutermostEnable() => WithHook(hook =>
    {
        using (Preempt.Guard outer = Preempt.Disable())
        {
            using (Preempt.Guard inner = Preempt.Disable())
                HostedPerCpuArea.WantReschedule();
            Assert.Equal(0, hook.Calls);
        }

        Assert.Equal(1, hook.Calls);
    });

    [Fact]
    public void WishWaitsForInterrupts() => WithHook(hook =>
    {
        using (LocalIrq.Guard irq = LocalIrq.Disable())
        {
            using (Preempt.Guard guard = Preempt.Disable())
                HostedPerCpuArea.WantReschedule();
            Assert.Equal(0, hook.Calls);
        }

        Assert.Equal(1, hook.Calls);
    });

    [Fact]
    public void WishUnderAnIrqSpinLockIsServedAtItsRelease() => WithHook(hook =>
    {
        IrqSpinLock spin = default;
        using (IrqSpinLock.Guard guard = spin.Lock())
            HostedPerCpuArea.WantReschedule();
        Assert.Equal(1, hook.Calls);
    });

    [Fact]
    public void SleepingIsABugWherePreemptionIsOff() => WithHook(_ =>
    {
        Preempt.MightSleep();
        Assert.Throws<KernelBugException>(() =>
        {
            using Preempt.Guard guard = Preempt.Disable();
            Preempt.MightSleep();
        });
        Assert.Throws<KernelBugException>(() =>
        {
            using LocalIrq.Guard guard = LocalIrq.Disable();
            Preempt.MightSleep();
        });
    });

    [Fact]
    public void GuardsEndInOrder() => WithHook(_ => Assert.Throws<KernelBugException>(() =>
    {
        Preempt.Guard outer = Preempt.Disable();
        Preempt.Guard inner = Preempt.Disable();
        outer.Dispose();
        inner.Dispose();
    }));

    [Fact]
    public void ProofsAreChecked() => WithHook(_ =>
    {
        Assert.Throws<KernelBugException>(() => { Pinned.Assert(); });
        Assert.Throws<KernelBugException>(() => { IrqOff.Assert(); });
        using LocalIrq.Guard guard = LocalIrq.Disable();
        Assert.Equal(new CpuId(0), IrqOff.Assert().Cpu);
        Assert.Equal(new CpuId(0), Pinned.Assert().Cpu);
    });

    private static void WithHook(System.Action<CountingHook> test)
    {
        PreemptHook? before = PreemptHook.Instance;
        CountingHook hook = new();
        using HostedMachine machine = new(1);
        using var processor = machine.Enter(0);
        PreemptHook.Instance = hook;
        try
        {
            test(hook);
        }
        finally
        {
            PreemptHook.Instance = before;
        }
    }
}

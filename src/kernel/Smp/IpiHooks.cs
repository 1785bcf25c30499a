// What lower layers and the scheduler ask of other processors, by interrupt.
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;

namespace Commence.Smp;

/// <summary>Reschedule interrupts.</summary>
internal sealed class IpiHooks : SmpHooks
{
    /// <inheritdoc/>
    public override void SendReschedule(CpuId to) => InterruptController.SendReschedule(Processors.Get(to).HardwareId);
}

/// <summary>TLB shootdown by cross-processor calls.</summary>
internal sealed class IpiTlbShootdown : TlbShootdown
{
    /// <inheritdoc/>
    public override void FlushUser(in CpuMask targets, PhysAddr root, UserAddr start, ulong pageCount)
    {
        using Preempt.Guard guard = Preempt.Disable();
        TlbCall call = Processor.Current.TlbCall;
        call.SetUser(root, start, pageCount);
        CrossCalls.Run(in targets, call, guard.Pinned);
    }

    /// <inheritdoc/>
    public override void FlushKernel(VirtAddr start, ulong pageCount)
    {
        using Preempt.Guard guard = Preempt.Disable();
        TlbCall call = Processor.Current.TlbCall;
        call.SetKernel(start, pageCount);
        CpuMask all = Processors.Online;
        CrossCalls.Run(in all, call, guard.Pinned);
    }

    /// <inheritdoc/>
    public override void Leave(in CpuMask targets, PhysAddr root)
    {
        using Preempt.Guard guard = Preempt.Disable();
        TlbCall call = Processor.Current.TlbCall;
        call.SetLeave(root);
        CrossCalls.Run(in targets, call, guard.Pinned);
    }
}

/// <summary>One processor's request to others to forget translations.</summary>
internal sealed class TlbCall : CrossCall
{
    private enum Kind
    {
        User,
        Kernel,
        Leave,
    }

    private Kind _kind;
    private PhysAddr _root;
    private ulong _start;
    private ulong _pageCount;

    internal void SetUser(PhysAddr root, UserAddr start, ulong pageCount) => Set(Kind.User, root, start.Value, pageCount);

    internal void SetKernel(VirtAddr start, ulong pageCount) => Set(Kind.Kernel, default, start.Value, pageCount);

    internal void SetLeave(PhysAddr root) => Set(Kind.Leave, root, 0, 0);

    /// <inheritdoc/>
    protected internal override void Run()
    {
        if (_kind == Kind.User)
            LocalTlb.Flush(_root, new UserAddr(_start), _pageCount);
        else if (_kind == Kind.Kernel)
            LocalTlb.FlushKernel(new VirtAddr(_start), _pageCount);
        else
            LocalTlb.Leave(_root);
    }

    private void Set(Kind kind, PhysAddr root, ulong start, ulong pageCount)
    {
        _kind = kind;
        _root = root;
        _start = start;
        _pageCount = pageCount;
    }
}

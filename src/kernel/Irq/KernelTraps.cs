// The kernel's side of every trap: sorts them to memory management, signals, the scheduler and devices.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using Commence.Arch;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;

namespace Commence.Irq;

/// <summary>The one <see cref="TrapSink"/>.</summary>
public sealed class KernelTraps : TrapSink
{
    private static uint s_nmiCount;

    /// <inheritdoc/>
    public override void OnSyscall(ref TrapFrame frame) => frame.ReturnValue = -(long)Errno.ENOSYS;

    /// <inheritdoc/>
    public override bool OnPageFault(ref TrapFrame frame, VirtAddr address, FaultAccess access) =>
        !frame.IsFromUser && ExceptionTable.TryFixup(ref frame, address);

    /// <inheritdoc/>
    public override void OnUserFault(ref TrapFrame frame, UserFault fault, ulong errorCode)
    {
    }

    /// <inheritdoc/>
    [DoesNotReturn]
    public override void OnKernelFault(ref TrapFrame frame, ReadOnlySpan<byte> what, ulong errorCode, ulong address) =>
        Panic.Report(what, ref frame);

    /// <inheritdoc/>
    public override void OnTimer(ref TrapFrame frame) =>
        Scheduler.Tick(frame.IsFromUser ? InterruptedMode.User : InterruptedMode.Kernel);

    /// <inheritdoc/>
    public override void OnRescheduleIpi()
    {
        // The wish is set already; it is served at the end of the interrupt.
    }

    /// <inheritdoc/>
    public override void OnCallFunctionIpi() => CrossCalls.ServeRequests();

    /// <inheritdoc/>
    [DoesNotReturn]
    public override void OnStop(ref TrapFrame frame)
    {
        SmpStop.CountStopped();
        while (true)
            Cpu.Halt();
    }

    /// <inheritdoc/>
    public override void OnDeviceInterrupt(int vector) => DeviceInterrupts.Dispatch(vector);

    /// <inheritdoc/>
    public override void OnNmi(ref TrapFrame frame)
    {
        Interlocked.Increment(ref s_nmiCount);
        Printk.Emergency($"NMI received for unknown reason on CPU {PerCpuArea.Id}");
    }

    /// <inheritdoc/>
    public override void OnReturnToUser(ref TrapFrame frame) => Scheduler.OnReturnToUser();

    /// <inheritdoc/>
    public override void OnPreemptKernel() => Scheduler.PreemptFromInterrupt();

    /// <inheritdoc/>
    [DoesNotReturn]
    public override void OnSecondaryStart(CpuId cpu) => SmpInit.CallIn(cpu);

    /// <inheritdoc/>
    [DoesNotReturn]
    public override void OnSecondaryOnline() => SmpInit.GoOnline();

    /// <inheritdoc/>
    [DoesNotReturn]
    public override void OnThreadStart() => Scheduler.StartThread();
}

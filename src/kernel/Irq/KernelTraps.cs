// The kernel's side of every trap: sorts them to memory management, signals, the scheduler and devices.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using Commence.Arch;
using Commence.Memory;
using Commence.Mm;
using Commence.Sched;
using Commence.Signals;
using Commence.Smp;
using Commence.Syscalls;
using Commence.Time;

namespace Commence.Irq;

/// <summary>The one <see cref="TrapSink"/>.</summary>
public sealed class KernelTraps : TrapSink
{
    private static uint s_nmiCount;

    /// <inheritdoc/>
    public override void OnSyscall(ref TrapFrame frame) => SyscallEntry.Run(ref frame);

    /// <inheritdoc/>
    public override bool OnPageFault(ref TrapFrame frame, VirtAddr address, FaultAccess access)
    {
        if (!frame.IsFromUser)
            return TryResolveCopy(ref frame, address, access) || ExceptionTable.TryFixup(ref frame, address);

        UserAddr at = new(address.Value);
        LocalInterrupts.Enable();
        UserFaults.RaisePageFault(at, Task.Current.Memory!.HandleFault(at, access));
        LocalInterrupts.Disable();
        return true;
    }

    /// <inheritdoc/>
    public override void OnUserFault(ref TrapFrame frame, UserFault fault, ulong errorCode)
    {
        LocalInterrupts.Enable();
        UserFaults.Raise(in frame, fault);
        LocalInterrupts.Disable();
    }

    /// <inheritdoc/>
    [DoesNotReturn]
    public override void OnKernelFault(ref TrapFrame frame, ReadOnlySpan<byte> what, ulong errorCode, ulong address) =>
        Panic.Report(IsBelowStack(new VirtAddr(address)) ? "kernel stack overflow"u8 : what, ref frame);

    // What lies below a stack is not mapped: the fault comes as a double fault, since the stack cannot take the first one.
    private static bool IsBelowStack(VirtAddr address) =>
        (KernelMemory.Stacks is { } stacks && stacks.IsGuard(address))
        || (address < ImageLayout.BootStackStart && ImageLayout.BootStackStart - address <= Limits.PageSizeBytes);

    /// <inheritdoc/>
    public override void OnTimer(ref TrapFrame frame)
    {
        Scheduler.Tick(ModeOf(in frame));
        LockupDetector.OnTick(ref frame);
    }

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
    public override void OnDeviceInterrupt(ref TrapFrame frame, int vector)
    {
        DeviceInterrupts.Dispatch(vector, ModeOf(in frame));
        LockupDetector.OnTick(ref frame); // the tick may come from a device
    }

    /// <inheritdoc/>
    public override void OnControllerError(uint status) => ControllerErrors.Report(status);

    /// <inheritdoc/>
    public override void OnNmi(ref TrapFrame frame)
    {
        Interlocked.Increment(ref s_nmiCount);
        Printk.Emergency($"NMI received for unknown reason on CPU {PerCpuArea.Id}");
    }

    /// <inheritdoc/>
    public override void OnReturnToUser(ref TrapFrame frame) => SignalDelivery.OnReturnToUser(ref frame);

    /// <inheritdoc/>
    public override void OnPreemptKernel() => Scheduler.PreemptFromInterrupt();

    /// <inheritdoc/>
    [DoesNotReturn]
    public override void OnSecondaryStart(CpuId cpu) => SmpCallIn.Run(cpu);

    /// <inheritdoc/>
    [DoesNotReturn]
    public override void OnThreadStart() => Scheduler.StartThread();

    private static InterruptedMode ModeOf(in TrapFrame frame) => frame.IsFromUser ? InterruptedMode.User : InterruptedMode.Kernel;

    // A copy from or to user memory found a page that is not there yet. Only where the copy may sleep; elsewhere it ends early.
    private static bool TryResolveCopy(ref TrapFrame frame, VirtAddr address, FaultAccess access)
    {
        bool maySleep = frame.HadInterruptsEnabled && PerCpuArea.PreemptDepth == 0 && PerCpuArea.InterruptDepth == 0;
        if (!maySleep || address.Value >= AddressLayout.UserEnd.Value || Task.Current.Memory is not AddressSpace memory
            || !UserCopy.TryFindFixup(frame.InstructionPointer, out _))
            return false;

        LocalInterrupts.Enable();
        FaultOutcome outcome = memory.HandleFault(new UserAddr(address.Value), access);
        LocalInterrupts.Disable();
        return outcome == FaultOutcome.Resolved;
    }
}

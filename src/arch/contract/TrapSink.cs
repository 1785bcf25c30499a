// Where the architecture's entry code hands over to the kernel. The kernel registers its one implementation at boot;
// the compiler knows it is the only one and calls it directly.
//
//   entry.S ─▶ X64Traps ─▶ TrapSink (kernel/Irq/KernelTraps.cs) ─▶ faults, system calls, timer, IPIs, devices
using System.Diagnostics.CodeAnalysis;

namespace Commence.Arch;

/// <summary>What a page fault tried to do.</summary>
[Flags]
public enum FaultAccess : uint
{
    Read = 0,
    Write = 1,
    Execute = 2,

    /// <summary>The page is present and its protection forbids the access.</summary>
    Protection = 4,

    /// <summary>The access was made in user mode.</summary>
    User = 8,
}

/// <summary>What a user program did that the processor refuses.</summary>
public enum UserFault
{
    DivideError,
    Breakpoint,
    SingleStep,
    Overflow,
    BoundRange,
    IllegalInstruction,
    GeneralProtection,
    StackSegment,
    AlignmentCheck,
    FloatingPoint,
}

/// <summary>The kernel above, as the architecture below knows it.</summary>
public abstract class TrapSink
{
    private static TrapSink? s_instance;

    /// <summary>The kernel's handlers; registered before the first interrupt is enabled.</summary>
    public static TrapSink Instance
    {
        get => s_instance!;
        set => s_instance = value;
    }

    /// <summary>A system call. IRQs: on. The result goes into <see cref="ITrapFrame.ReturnValue"/>.</summary>
    public abstract void OnSyscall(ref TrapFrame frame);

    /// <summary>A page fault. IRQs: off on entry.</summary>
    /// <returns>False if nobody can resolve it and the kernel itself was at fault: the caller panics.</returns>
    public abstract bool OnPageFault(ref TrapFrame frame, VirtAddr address, FaultAccess access);

    /// <summary>A user program's exception other than a page fault. IRQs: off on entry.</summary>
    public abstract void OnUserFault(ref TrapFrame frame, UserFault fault, ulong errorCode);

    /// <summary>The kernel itself failed. Never returns.</summary>
    [DoesNotReturn]
    public abstract void OnKernelFault(ref TrapFrame frame, ReadOnlySpan<byte> what, ulong errorCode, ulong address);

    /// <summary>The local timer's tick. IRQs: off.</summary>
    public abstract void OnTimer(ref TrapFrame frame);

    /// <summary>Another processor wants this one to look at its run queue. IRQs: off. The wish itself is set already.</summary>
    public abstract void OnRescheduleIpi();

    /// <summary>Another processor wants this one to run queued functions (TLB flushes among them). IRQs: off.</summary>
    public abstract void OnCallFunctionIpi();

    /// <summary>Another processor panics or shuts down: this one must stop. Never returns. May come as NMI.</summary>
    [DoesNotReturn]
    public abstract void OnStop(ref TrapFrame frame);

    /// <summary>A device's interrupt line. IRQs: off.</summary>
    /// <param name="frame">What it interrupted.</param>
    /// <param name="vector">The interrupt vector, 0x20–0xEF.</param>
    public abstract void OnDeviceInterrupt(ref TrapFrame frame, int vector);

    /// <summary>The local interrupt controller met an error. IRQs: off.</summary>
    /// <param name="status">The errors, as <see cref="IInterruptController.DescribeErrors"/> explains them.</param>
    public abstract void OnControllerError(uint status);

    /// <summary>A non-maskable interrupt that no one sent. Context: NMI.</summary>
    public abstract void OnNmi(ref TrapFrame frame);

    /// <summary>Before user mode goes on: signals, reschedules. IRQs: off at entry and at return.</summary>
    public abstract void OnReturnToUser(ref TrapFrame frame);

    /// <summary>After an interrupt of preemptible kernel code, when a reschedule is wanted. IRQs: off at entry and return.</summary>
    public abstract void OnPreemptKernel();

    /// <summary>The first kernel function of a processor that was started, on its idle task's stack. IRQs: off. Never returns.</summary>
    [DoesNotReturn]
    public abstract void OnSecondaryStart(CpuId cpu);

    /// <summary>The first function of a new kernel thread. IRQs: off. Never returns.</summary>
    [DoesNotReturn]
    public abstract void OnThreadStart();
}

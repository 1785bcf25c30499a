// From assembly to the kernel: sorts vectors and hands each to the TrapSink.
using System;
using System.Runtime;
using System.Runtime.CompilerServices;
using Commence.Lib;

namespace Commence.Arch.X64;

/// <summary>Traps, interrupts and system calls of x86-64.</summary>
public static class X64Traps
{
    private const uint MsrStar = 0xC0000081;
    private const uint MsrLstar = 0xC0000082;
    private const uint MsrFmask = 0xC0000084;
    private const uint MsrEfer = 0xC0000080;
    private const ulong EferSyscallEnable = 1;

    // Cleared on SYSCALL: trap, interrupt, direction, nested task and alignment check flags, I/O privilege level.
    private const ulong SyscallClearedFlags = 0x100 | 0x200 | 0x400 | 0x3000 | 0x4000 | 0x40000;

    // Page-fault error code. SDM Vol 3A §4.7 "Page-Fault Exceptions".
    private const ulong PageFaultPresent = 1;
    private const ulong PageFaultWrite = 2;
    private const ulong PageFaultUser = 4;
    private const ulong PageFaultFetch = 16;

    private static int s_stopping; // set before the stop NMI is sent; see StopOthers in X64Ipi.cs

    /// <summary>NMIs from now on mean "stop": another processor panics or shuts the machine down.</summary>
    internal static void AnnounceStop() => Volatile.Write(ref s_stopping, 1);

    /// <summary>Sets up the IDT. Once, on the boot processor.</summary>
    public static void BuildTable() => X64InterruptTable.Build();

    /// <summary>Makes the calling processor take traps and system calls.</summary>
    /// <remarks>Context: early boot, AP call-in. IRQs: off.</remarks>
    public static void LoadOnThisCpu()
    {
        X64InterruptTable.Load();

        // STAR: SYSCALL loads CS from bits 32–47; SYSRET uses bits 48–63 + 16 for CS, + 8 for SS. SDM Vol 2B, SYSCALL.
        ulong star = ((ulong)X64DescriptorTables.KernelCode << 32) | ((ulong)(X64DescriptorTables.UserData - 8) << 48);
        X64Instructions.WriteMsr(MsrStar, star);
        X64Instructions.WriteMsr(MsrLstar, SyscallEntryAddress());
        X64Instructions.WriteMsr(MsrFmask, SyscallClearedFlags);
        X64Instructions.WriteMsr(MsrEfer, X64Instructions.ReadMsr(MsrEfer) | EferSyscallEnable);
    }

    [RuntimeExport("SyscallEntry")]
    private static void OnSyscall(ref X64TrapFrame frame)
    {
        X64Instructions.EnableInterrupts();
        TrapSink.Instance.OnSyscall(ref frame);
        X64Instructions.DisableInterrupts();
        TrapSink.Instance.OnReturnToUser(ref frame);
    }

    [RuntimeExport("TrapEntry")]
    private static void OnTrap(ref X64TrapFrame frame)
    {
        int vector = (int)frame.Vector;
        if (vector >= X64Vectors.DeviceFirst)
            OnInterrupt(ref frame, vector);
        else if (vector == X64Vectors.PageFault)
            OnPageFault(ref frame);
        else if (vector == X64Vectors.Nmi)
        {
            OnNmi(ref frame);
            return; // an NMI interrupts anything, also a return to user mode half done: no work may be added to it
        }
        else if (frame.IsFromUser && TryGetUserFault(vector, out UserFault fault))
            TrapSink.Instance.OnUserFault(ref frame, fault, frame.ErrorCode);
        else
            Fail(ref frame, vector);

        if (frame.IsFromUser)
            TrapSink.Instance.OnReturnToUser(ref frame);
    }

    private static void OnInterrupt(ref X64TrapFrame frame, int vector)
    {
        X64PerCpuArea.DisablePreemption(); // a handler that releases a lock must not reschedule
        X64PerCpuArea.Block.InterruptDepth++;

        // The spurious vector must not be acknowledged: the APIC has no bit in service for it (SDM Vol 3A §10.9).
        if (vector == X64Vectors.Spurious)
            X64InterruptCounts.CountSpurious();
        else
            Deliver(ref frame, vector);

        X64PerCpuArea.Block.InterruptDepth--;
        bool shouldPreempt = X64PerCpuArea.EnablePreemption();
        if (shouldPreempt && !frame.IsFromUser && frame.HadInterruptsEnabled)
            TrapSink.Instance.OnPreemptKernel();
    }

    private static void Deliver(ref X64TrapFrame frame, int vector)
    {
        switch (vector)
        {
            case X64Vectors.LocalTimer:
                X64LocalApic.EndOfInterrupt();
                TrapSink.Instance.OnTimer(ref frame);
                break;
            case X64Vectors.Reschedule:
                X64LocalApic.EndOfInterrupt();
                X64PerCpuArea.WantReschedule();
                TrapSink.Instance.OnRescheduleIpi();
                break;
            case X64Vectors.CallFunction:
                X64LocalApic.EndOfInterrupt();
                TrapSink.Instance.OnCallFunctionIpi();
                break;
            case X64Vectors.ApicError:
                X64LocalApic.EndOfInterrupt();
                ReportApicError();
                break;
            case <= X64Vectors.DeviceLast:
                // The line is acknowledged after its handler: a level-triggered one would come back at once.
                TrapSink.Instance.OnDeviceInterrupt(ref frame, vector);
                break;
            default:
                X64LocalApic.EndOfInterrupt();
                X64InterruptCounts.CountUnexpected(vector);
                break;
        }
    }

    private static void ReportApicError()
    {
        uint status = X64LocalApic.ReadAndClearErrors();
        X64InterruptCounts.CountApicError(status);
        TrapSink.Instance.OnControllerError(status);
    }

    private static void OnPageFault(ref X64TrapFrame frame)
    {
        // CR2 first: any further fault overwrites it.
        ulong address = X64Instructions.ReadCr2();
        if (!TrapSink.Instance.OnPageFault(ref frame, new VirtAddr(address), ToAccess(frame.ErrorCode)))
            FailPageFault(ref frame, address);
    }

    // Not inlined: the buffer must not add to the frame of faults that are served.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FailPageFault(ref X64TrapFrame frame, ulong address)
    {
        Span<byte> buffer = stackalloc byte[96];
        TextWriter text = new(buffer);
        text.Append(address < Limits.PageSizeBytes ? "null reference: "u8 : "page fault in the kernel: "u8);
        text.Append((frame.ErrorCode & PageFaultFetch) != 0 ? "execution of "u8
            : (frame.ErrorCode & PageFaultWrite) != 0 ? "write to "u8 : "read of "u8);
        text.Append(new VirtAddr(address));
        text.Append((frame.ErrorCode & PageFaultPresent) != 0 ? ", which is not allowed"u8 : ", which is not mapped"u8);
        TrapSink.Instance.OnKernelFault(ref frame, text.Text, frame.ErrorCode, address);
    }

    private static void OnNmi(ref X64TrapFrame frame)
    {
        if (Volatile.Read(ref s_stopping) != 0)
            TrapSink.Instance.OnStop(ref frame);
        TrapSink.Instance.OnNmi(ref frame);
    }

    private static void Fail(ref X64TrapFrame frame, int vector)
    {
        ReadOnlySpan<byte> what = vector == X64Vectors.InvalidOpcode
            ? CheckFailure.Describe(frame.Rip)
            : NameOf(vector);
        // A double fault has no address of its own. If it is a page fault whose own delivery failed, CR2 tells where.
        ulong address = vector == X64Vectors.DoubleFault ? X64Instructions.ReadCr2() : 0;
        TrapSink.Instance.OnKernelFault(ref frame, what, frame.ErrorCode, address);
    }

    private static FaultAccess ToAccess(ulong errorCode)
    {
        FaultAccess access = FaultAccess.Read;
        if ((errorCode & PageFaultPresent) != 0)
            access |= FaultAccess.Protection;
        if ((errorCode & PageFaultWrite) != 0)
            access |= FaultAccess.Write;
        if ((errorCode & PageFaultUser) != 0)
            access |= FaultAccess.User;
        if ((errorCode & PageFaultFetch) != 0)
            access |= FaultAccess.Execute;
        return access;
    }

    private static bool TryGetUserFault(int vector, out UserFault fault)
    {
        fault = vector switch
        {
            X64Vectors.DivideError => UserFault.DivideError,
            X64Vectors.Debug => UserFault.SingleStep,
            X64Vectors.Breakpoint => UserFault.Breakpoint,
            X64Vectors.Overflow => UserFault.Overflow,
            X64Vectors.BoundRange => UserFault.BoundRange,
            X64Vectors.InvalidOpcode => UserFault.IllegalInstruction,
            X64Vectors.DeviceNotAvailable => UserFault.IllegalInstruction,
            X64Vectors.StackSegment or X64Vectors.SegmentNotPresent => UserFault.StackSegment,
            X64Vectors.FloatingPoint or X64Vectors.SimdFloatingPoint => UserFault.FloatingPoint,
            X64Vectors.AlignmentCheck => UserFault.AlignmentCheck,
            _ => UserFault.GeneralProtection,
        };
        return vector is not (X64Vectors.DoubleFault or X64Vectors.MachineCheck or X64Vectors.InvalidTss);
    }

    // SDM Vol 3A Table 6-1 "Protected-Mode Exceptions and Interrupts".
    private static ReadOnlySpan<byte> NameOf(int vector) => vector switch
    {
        X64Vectors.DivideError => "divide error"u8,
        X64Vectors.Debug => "debug exception"u8,
        X64Vectors.Breakpoint => "breakpoint"u8,
        X64Vectors.Overflow => "overflow"u8,
        X64Vectors.BoundRange => "bound range exceeded"u8,
        X64Vectors.InvalidOpcode => "invalid opcode"u8,
        X64Vectors.DeviceNotAvailable => "device not available"u8,
        X64Vectors.DoubleFault => "double fault"u8,
        X64Vectors.InvalidTss => "invalid TSS"u8,
        X64Vectors.SegmentNotPresent => "segment not present"u8,
        X64Vectors.StackSegment => "stack-segment fault"u8,
        X64Vectors.GeneralProtection => "general protection fault"u8,
        X64Vectors.FloatingPoint => "x87 floating-point error"u8,
        X64Vectors.AlignmentCheck => "alignment check"u8,
        X64Vectors.MachineCheck => "machine check"u8,
        X64Vectors.SimdFloatingPoint => "SIMD floating-point exception"u8,
        _ => "reserved exception"u8,
    };

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_syscall_entry_address")]
    private static extern ulong SyscallEntryAddress();
}

using System;
using System.Diagnostics.CodeAnalysis;
using Commence.Arch;

namespace Commence.Tests.Hosted;

/// <summary>A kernel that expects nothing: tests override what they send.</summary>
internal abstract class TestTrapSink : TrapSink
{
    public override void OnSyscall(ref TrapFrame frame) => throw Unexpected();

    public override bool OnPageFault(ref TrapFrame frame, VirtAddr address, FaultAccess access) => throw Unexpected();

    public override void OnUserFault(ref TrapFrame frame, UserFault fault, ulong errorCode) => throw Unexpected();

    [DoesNotReturn]
    public override void OnKernelFault(ref TrapFrame frame, ReadOnlySpan<byte> what, ulong errorCode, ulong address) => throw Unexpected();

    public override void OnTimer(ref TrapFrame frame) => throw Unexpected();

    public override void OnRescheduleIpi() => throw Unexpected();

    public override void OnCallFunctionIpi() => throw Unexpected();

    [DoesNotReturn]
    public override void OnStop(ref TrapFrame frame) => throw Unexpected();

    public override void OnDeviceInterrupt(ref TrapFrame frame, int vector) => throw Unexpected();

    public override void OnControllerError(uint status) => throw Unexpected();

    public override void OnNmi(ref TrapFrame frame) => throw Unexpected();

    public override void OnReturnToUser(ref TrapFrame frame) => throw Unexpected();

    public override void OnPreemptKernel() => throw Unexpected();

    [DoesNotReturn]
    public override void OnSecondaryStart(CpuId cpu) => throw Unexpected();

    [DoesNotReturn]
    public override void OnThreadStart() => throw Unexpected();

    private static InvalidOperationException Unexpected() => new("this test sends no such trap");
}

// Signal frames of a machine without user mode: registers and contents in the plainest order, so that tests can look at them.
//
//   0 restorer   8 instruction pointer   16 stack pointer   24 return value   32 mask   40 alternate base, flags, size
//   64 fault address   72 fpu   80 siginfo (128)   208 floating-point state (64)
using System.Buffers.Binary;

namespace Commence.Arch.Hosted;

/// <inheritdoc cref="ISignalFrame"/>
public readonly struct HostedSignalFrame : ISignalFrame
{
    /// <inheritdoc/>
    public static int FixedSizeBytes => InfoOffset + 128;

    /// <inheritdoc/>
    public static int InfoOffset => 80;

    /// <inheritdoc/>
    public static int FpuSizeBytes => 64;

    /// <inheritdoc/>
    public static int SizeBytesMax => FixedSizeBytes + FpuSizeBytes + 80;

    /// <inheritdoc/>
    public static int RedZoneBytes => 128;

    /// <inheritdoc/>
    public static UserAddr Place(UserAddr top, out UserAddr fpu)
    {
        fpu = (top - (ulong)FpuSizeBytes).AlignDown(64);
        return (fpu - (ulong)FixedSizeBytes).AlignDown(16) - 8;
    }

    /// <inheritdoc/>
    public static void Build(
        ref HostedThreadContext context, in HostedTrapFrame registers, in SignalFrameContents contents, UserAddr at, Span<byte> frame)
    {
        Put(frame, 0, contents.Restorer.Value);
        Put(frame, 8, registers.InstructionPointer);
        Put(frame, 16, registers.StackPointer);
        Put(frame, 24, (ulong)registers.ReturnValue);
        Put(frame, 32, contents.BlockedMask);
        Put(frame, 40, contents.AlternateBase.Value);
        Put(frame, 48, contents.AlternateFlags);
        Put(frame, 56, contents.AlternateSizeBytes);
        Put(frame, 64, contents.FaultAddress);
        Put(frame, 72, contents.Fpu.Value);
    }

    /// <inheritdoc/>
    public static void Enter(ref HostedTrapFrame registers, UserAddr frame, int signal, ulong handler)
    {
        registers.Argument0 = (ulong)signal;
        registers.Argument1 = (frame + (ulong)InfoOffset).Value;
        registers.Argument2 = frame.Value;
        registers.InstructionPointer = handler;
        registers.StackPointer = frame.Value;
        registers.IsSyscall = false;
    }

    /// <inheritdoc/>
    public static UserAddr Find(in HostedTrapFrame registers) => new(registers.StackPointer - 8);

    /// <inheritdoc/>
    public static void Restore(ReadOnlySpan<byte> frame, ref HostedTrapFrame registers, out SignalFrameContents contents)
    {
        registers.InstructionPointer = Get(frame, 8);
        registers.StackPointer = Get(frame, 16);
        registers.ReturnValue = (long)Get(frame, 24);
        registers.IsSyscall = false;
        contents = new SignalFrameContents
        {
            BlockedMask = Get(frame, 32),
            AlternateBase = new UserAddr(Get(frame, 40)),
            AlternateFlags = (uint)Get(frame, 48),
            AlternateSizeBytes = Get(frame, 56),
            Fpu = new UserAddr(Get(frame, 72)),
        };
    }

    /// <inheritdoc/>
    public static bool TryRestoreFpu(ref HostedThreadContext context, ref HostedTrapFrame registers, ReadOnlySpan<byte> fpu) =>
        fpu.IsEmpty || fpu.Length >= FpuSizeBytes;

    /// <inheritdoc/>
    public static bool IsSyscall(in HostedTrapFrame registers) => registers.IsSyscall;

    /// <inheritdoc/>
    public static void RestartSyscall(ref HostedTrapFrame registers, bool isContinuation)
    {
        registers.ReturnValue = isContinuation ? 219 : (long)registers.SyscallNumber;
        registers.InstructionPointer -= 2;
    }

    /// <inheritdoc/>
    public static HostedTrapFrame FirstRegisters(UserAddr entryPoint, UserAddr stackPointer) => new()
    {
        IsFromUser = true,
        InstructionPointer = entryPoint.Value,
        StackPointer = stackPointer.Value,
    };

    private static void Put(Span<byte> bytes, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);

    private static ulong Get(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}

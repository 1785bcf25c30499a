// The frame that a signal handler finds on its stack, as programs for Linux on x86-64 know it.
//
//   at      0  return address: the restorer                                 ▲ 16-byte aligned + 8, as after a call
//           8  ucontext: flags, link, stack_t (24), sigcontext (256), mask  │
//         312  siginfo (128)                                                │
//         440  gap                                                          │
//   fpu     0  FXSAVE image (512); at 464: magic, sizes, features of what follows        64-byte aligned
//         512  XSAVE header (64) and further components, then a second magic number
//
// Source: System V AMD64 ABI §3.4.3 for the stack; Linux UAPI asm/sigcontext.h, asm/ucontext.h (layouts, UC_* flags,
// FP_XSTATE_MAGIC1/2); SDM Vol 1 §10.5.1 "FXSAVE Area", §13.4 "XSAVE Area", §13.8 "Operation of XRSTOR".
using System.Buffers.Binary;

namespace Commence.Arch.X64;

/// <summary>Signal frames of x86-64.</summary>
public readonly struct X64SignalFrame : ISignalFrame
{
    private const int UcontextOffset = 8;
    private const int StackOffset = UcontextOffset + 16;
    private const int ContextOffset = UcontextOffset + 40;
    private const int MaskOffset = UcontextOffset + 296;
    private const int FxsaveXmmOffset = 160;
    private const int SoftwareOffset = 464;
    private const int Magic2Bytes = 4;
    private const int StackAlignment = 16;
    private const int FpuAlignment = 64;

    // uc_flags
    private const ulong HasExtendedState = 1;
    private const ulong HasStackSegment = 2;
    private const ulong RestoresStackSegment = 4;

    private const uint Magic1 = 0x46505853;
    private const uint Magic2 = 0x46505845;

    private const ulong SyscallRestart = 219;
    private const int SyscallInstructionBytes = 2;

    // What a program may set in RFLAGS: the arithmetic flags, TF, DF, RF, AC. SDM Vol 1 §3.4.3.
    private const ulong UserFlags = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x800 | 0x1_0000 | 0x4_0000;
    private const ulong FixedFlags = 0x202; // bit 1, and interrupts on
    private const ulong DirectionAndTrapFlags = 0x400 | 0x100 | 0x1_0000;

    /// <inheritdoc/>
    public static int FixedSizeBytes => InfoOffset + 128;

    /// <inheritdoc/>
    public static int InfoOffset => MaskOffset + 8;

    /// <inheritdoc/>
    public static int FpuSizeBytes => X64Fpu.AreaSizeBytes + (X64Fpu.HasXsave ? Magic2Bytes : 0);

    /// <inheritdoc/>
    public static int SizeBytesMax => FixedSizeBytes + FpuSizeBytes + StackAlignment + FpuAlignment;

    /// <inheritdoc/>
    public static int RedZoneBytes => 128;

    /// <inheritdoc/>
    public static UserAddr Place(UserAddr top, out UserAddr fpu)
    {
        fpu = (top - (ulong)FpuSizeBytes).AlignDown(FpuAlignment);
        return (fpu - (ulong)FixedSizeBytes).AlignDown(StackAlignment) - 8;
    }

    /// <inheritdoc/>
    public static void Build(
        ref X64ThreadContext context, in X64TrapFrame registers, in SignalFrameContents contents, UserAddr at, Span<byte> frame)
    {
        Put(frame, 0, contents.Restorer.Value);
        ulong flags = HasStackSegment | RestoresStackSegment | (X64Fpu.HasXsave ? HasExtendedState : 0);
        Put(frame, UcontextOffset, flags);
        Put(frame, StackOffset, contents.AlternateBase.Value);
        Put(frame, StackOffset + 8, contents.AlternateFlags);
        Put(frame, StackOffset + 16, contents.AlternateSizeBytes);
        PutRegisters(frame[ContextOffset..], in registers, in contents);
        Put(frame, MaskOffset, contents.BlockedMask);

        Span<byte> fpu = frame[(int)(contents.Fpu - at)..];
        context.SaveUserFpu(fpu);
        PutXmm(fpu, 0, registers.Xmm0Low, registers.Xmm0High);
        PutXmm(fpu, 1, registers.Xmm1Low, registers.Xmm1High);
        PutXmm(fpu, 8, registers.Xmm8Low, registers.Xmm8High);
        if (X64Fpu.HasXsave)
            PutSoftwareBytes(fpu);
    }

    /// <inheritdoc/>
    public static void Enter(ref X64TrapFrame registers, UserAddr frame, int signal, ulong handler)
    {
        registers.Rdi = (ulong)signal;
        registers.Rsi = (frame + (ulong)InfoOffset).Value;
        registers.Rdx = (frame + UcontextOffset).Value;
        registers.Rax = 0; // no vector arguments, for handlers without a prototype
        registers.Rip = handler;
        registers.Rsp = frame.Value;
        registers.Rflags &= ~DirectionAndTrapFlags;
        registers.Cs = X64DescriptorTables.UserCode;
        registers.Ss = X64DescriptorTables.UserData;
        registers.Vector = 0;
    }

    /// <inheritdoc/>
    public static UserAddr Find(in X64TrapFrame registers) => new(registers.Rsp - 8); // the handler's return took the address off

    /// <inheritdoc/>
    public static void Restore(ReadOnlySpan<byte> frame, ref X64TrapFrame registers, out SignalFrameContents contents)
    {
        contents = new SignalFrameContents
        {
            AlternateBase = new UserAddr(Get(frame, StackOffset)),
            AlternateFlags = (uint)Get(frame, StackOffset + 8),
            AlternateSizeBytes = Get(frame, StackOffset + 16),
            BlockedMask = Get(frame, MaskOffset),
            Fpu = new UserAddr(Get(frame, ContextOffset + 184)),
        };
        GetRegisters(frame[ContextOffset..], ref registers);
    }

    /// <inheritdoc/>
    public static bool TryRestoreFpu(ref X64ThreadContext context, ref X64TrapFrame registers, ReadOnlySpan<byte> fpu)
    {
        if (fpu.IsEmpty)
        {
            context.ResetUser();
            registers.Xmm0Low = registers.Xmm0High = 0;
            registers.Xmm1Low = registers.Xmm1High = 0;
            registers.Xmm8Low = registers.Xmm8High = 0;
            return true;
        }

        if (fpu.Length < FpuSizeBytes)
            return false;

        context.RestoreUserFpu(fpu, HasSoftwareBytes(fpu));
        GetXmm(fpu, 0, out registers.Xmm0Low, out registers.Xmm0High);
        GetXmm(fpu, 1, out registers.Xmm1Low, out registers.Xmm1High);
        GetXmm(fpu, 8, out registers.Xmm8Low, out registers.Xmm8High);
        return true;
    }

    /// <inheritdoc/>
    public static bool IsSyscall(in X64TrapFrame registers) => registers.IsSyscall;

    /// <inheritdoc/>
    public static void RestartSyscall(ref X64TrapFrame registers, bool isContinuation)
    {
        registers.Rax = isContinuation ? SyscallRestart : registers.SyscallNumber;
        registers.Rip -= SyscallInstructionBytes;
    }

    /// <inheritdoc/>
    public static X64TrapFrame FirstRegisters(UserAddr entryPoint, UserAddr stackPointer) =>
        X64TrapFrame.ForUser(entryPoint.Value, stackPointer.Value);

    private static void PutRegisters(Span<byte> context, in X64TrapFrame registers, in SignalFrameContents contents)
    {
        Put(context, 0, registers.R8);
        Put(context, 8, registers.R9);
        Put(context, 16, registers.R10);
        Put(context, 24, registers.R11);
        Put(context, 32, registers.R12);
        Put(context, 40, registers.R13);
        Put(context, 48, registers.R14);
        Put(context, 56, registers.R15);
        Put(context, 64, registers.Rdi);
        Put(context, 72, registers.Rsi);
        Put(context, 80, registers.Rbp);
        Put(context, 88, registers.Rbx);
        Put(context, 96, registers.Rdx);
        Put(context, 104, registers.Rax);
        Put(context, 112, registers.Rcx);
        Put(context, 120, registers.Rsp);
        Put(context, 128, registers.Rip);
        Put(context, 136, registers.Rflags);
        Put(context, 144, (ushort)registers.Cs | ((ulong)(ushort)registers.Ss << 48));
        Put(context, 152, registers.IsSyscall ? 0 : registers.ErrorCode);
        Put(context, 160, registers.IsSyscall ? 0 : registers.Vector);
        Put(context, 168, contents.BlockedMask);
        Put(context, 176, contents.FaultAddress);
        Put(context, 184, contents.Fpu.Value);
    }

    // Segments stay those of user mode; of the flags only what a program may set is taken. RIP may be anything: the way back
    // uses IRET, which faults in user mode's name for an address that is not canonical.
    private static void GetRegisters(ReadOnlySpan<byte> context, ref X64TrapFrame registers)
    {
        registers.R8 = Get(context, 0);
        registers.R9 = Get(context, 8);
        registers.R10 = Get(context, 16);
        registers.R11 = Get(context, 24);
        registers.R12 = Get(context, 32);
        registers.R13 = Get(context, 40);
        registers.R14 = Get(context, 48);
        registers.R15 = Get(context, 56);
        registers.Rdi = Get(context, 64);
        registers.Rsi = Get(context, 72);
        registers.Rbp = Get(context, 80);
        registers.Rbx = Get(context, 88);
        registers.Rdx = Get(context, 96);
        registers.Rax = Get(context, 104);
        registers.Rcx = Get(context, 112);
        registers.Rsp = Get(context, 120);
        registers.Rip = Get(context, 128);
        registers.Rflags = (Get(context, 136) & UserFlags) | FixedFlags;
        registers.Cs = X64DescriptorTables.UserCode;
        registers.Ss = X64DescriptorTables.UserData;
        registers.Vector = 0;
        registers.ErrorCode = 0;
    }

    private static void PutSoftwareBytes(Span<byte> fpu)
    {
        int size = X64Fpu.AreaSizeBytes;
        BinaryPrimitives.WriteUInt32LittleEndian(fpu[SoftwareOffset..], Magic1);
        BinaryPrimitives.WriteUInt32LittleEndian(fpu[(SoftwareOffset + 4)..], (uint)(size + Magic2Bytes));
        BinaryPrimitives.WriteUInt64LittleEndian(fpu[(SoftwareOffset + 8)..], X64Fpu.Mask);
        BinaryPrimitives.WriteUInt32LittleEndian(fpu[(SoftwareOffset + 16)..], (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(fpu[size..], Magic2);
    }

    private static bool HasSoftwareBytes(ReadOnlySpan<byte> fpu) =>
        X64Fpu.HasXsave
        && BinaryPrimitives.ReadUInt32LittleEndian(fpu[SoftwareOffset..]) == Magic1
        && BinaryPrimitives.ReadUInt32LittleEndian(fpu[(SoftwareOffset + 16)..]) == (uint)X64Fpu.AreaSizeBytes
        && BinaryPrimitives.ReadUInt32LittleEndian(fpu[X64Fpu.AreaSizeBytes..]) == Magic2;

    private static void PutXmm(Span<byte> fpu, int register, ulong low, ulong high)
    {
        Put(fpu, FxsaveXmmOffset + (register * 16), low);
        Put(fpu, FxsaveXmmOffset + (register * 16) + 8, high);
    }

    private static void GetXmm(ReadOnlySpan<byte> fpu, int register, out ulong low, out ulong high)
    {
        low = Get(fpu, FxsaveXmmOffset + (register * 16));
        high = Get(fpu, FxsaveXmmOffset + (register * 16) + 8);
    }

    private static void Put(Span<byte> bytes, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);

    private static ulong Get(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}

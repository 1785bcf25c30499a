// Registers of interrupted code, in the order in which Traps.S saves them. asm.h knows the offsets.
//
//   low   xmm0 xmm1 xmm8   (what compiled C# may touch)
//         r15 … rax        (pushed by software)
//         vector, error    (by the stub; SYSCALL: VECTOR_SYSCALL and the call's number)
//   high  rip cs rflags rsp ss   (pushed by the processor)
using System.Runtime.InteropServices;
using Commence.Lib;

namespace Commence.Arch.X64;

/// <summary>The saved registers.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct X64TrapFrame : ITrapFrame
{
    private const int DumpLines = 7;

    /// <summary>Marks a frame that SYSCALL made.</summary>
    public const ulong VectorSyscall = 0x100;

    private const ulong InterruptFlag = 1 << 9;

    public ulong Xmm0Low;
    public ulong Xmm0High;
    public ulong Xmm1Low;
    public ulong Xmm1High;
    public ulong Xmm8Low;
    public ulong Xmm8High;
    public ulong R15;
    public ulong R14;
    public ulong R13;
    public ulong R12;
    public ulong R11;
    public ulong R10;
    public ulong R9;
    public ulong R8;
    public ulong Rdi;
    public ulong Rsi;
    public ulong Rbp;
    public ulong Rbx;
    public ulong Rdx;
    public ulong Rcx;
    public ulong Rax;
    public ulong Vector;
    public ulong ErrorCode;
    public ulong Rip;
    public ulong Cs;
    public ulong Rflags;
    public ulong Rsp;
    public ulong Ss;

    /// <inheritdoc/>
    public readonly bool IsFromUser => (Cs & 3) != 0;

    /// <inheritdoc/>
    public ulong InstructionPointer
    {
        readonly get => Rip;
        set => Rip = value;
    }

    /// <inheritdoc/>
    public ulong StackPointer
    {
        readonly get => Rsp;
        set => Rsp = value;
    }

    /// <inheritdoc/>
    /// <remarks>RAX becomes the result; the number stays in the error-code slot, so that a call can be restarted.</remarks>
    public ulong SyscallNumber
    {
        readonly get => ErrorCode;
        set => ErrorCode = value;
    }

    /// <inheritdoc/>
    public ulong Argument0
    {
        readonly get => Rdi;
        set => Rdi = value;
    }

    /// <inheritdoc/>
    public ulong Argument1
    {
        readonly get => Rsi;
        set => Rsi = value;
    }

    /// <inheritdoc/>
    public ulong Argument2
    {
        readonly get => Rdx;
        set => Rdx = value;
    }

    /// <inheritdoc/>
    public readonly ulong Argument3 => R10; // RCX holds the return address; System V AMD64 ABI, Linux conventions

    /// <inheritdoc/>
    public readonly ulong Argument4 => R8;

    /// <inheritdoc/>
    public readonly ulong Argument5 => R9;

    /// <inheritdoc/>
    public long ReturnValue
    {
        readonly get => (long)Rax;
        set => Rax = (ulong)value;
    }

    /// <inheritdoc/>
    public readonly bool HadInterruptsEnabled => (Rflags & InterruptFlag) != 0;

    /// <summary>Whether the frame stands for a system call that may be restarted.</summary>
    public readonly bool IsSyscall => Vector == VectorSyscall;

    /// <summary>The first registers of a program: zero, but for entry point and stack.</summary>
    public static X64TrapFrame ForUser(ulong entryPoint, ulong stackPointer) => new()
    {
        Rip = entryPoint,
        Rsp = stackPointer,
        Cs = X64DescriptorTables.UserCode,
        Ss = X64DescriptorTables.UserData,
        Rflags = InterruptFlag | 2, // bit 1 is always set
    };

    /// <inheritdoc/>
    public static int LineCount => DumpLines;

    /// <inheritdoc/>
    public readonly void FormatLine(int line, ref TextWriter text)
    {
        switch (line)
        {
            case 0:
                Append(ref text, "RIP: "u8, Rip);
                Append(ref text, " CS: "u8, Cs, 4);
                Append(ref text, " RFLAGS: "u8, Rflags, 8);
                Append(ref text, " vector: "u8, Vector, 2);
                Append(ref text, " error: "u8, ErrorCode, 4);
                break;
            case 1:
                Append(ref text, "RSP: "u8, Rsp);
                Append(ref text, " CR2: "u8, X64Instructions.ReadCr2());
                Append(ref text, " CR3: "u8, X64Instructions.ReadCr3());
                break;
            case 2:
                AppendThree(ref text, "RAX: "u8, Rax, " RBX: "u8, Rbx, " RCX: "u8, Rcx);
                break;
            case 3:
                AppendThree(ref text, "RDX: "u8, Rdx, " RSI: "u8, Rsi, " RDI: "u8, Rdi);
                break;
            case 4:
                AppendThree(ref text, "RBP: "u8, Rbp, " R08: "u8, R8, " R09: "u8, R9);
                break;
            case 5:
                AppendThree(ref text, "R10: "u8, R10, " R11: "u8, R11, " R12: "u8, R12);
                break;
            default:
                AppendThree(ref text, "R13: "u8, R13, " R14: "u8, R14, " R15: "u8, R15);
                break;
        }
    }

    private static void AppendThree(
        ref TextWriter text, ReadOnlySpan<byte> name1, ulong value1, ReadOnlySpan<byte> name2, ulong value2, ReadOnlySpan<byte> name3, ulong value3)
    {
        Append(ref text, name1, value1);
        Append(ref text, name2, value2);
        Append(ref text, name3, value3);
    }

    private static void Append(ref TextWriter text, ReadOnlySpan<byte> name, ulong value, int digits = 16)
    {
        text.Append(name);
        text.AppendHex(value, digits);
    }

    /// <inheritdoc/>
    public readonly ulong FramePointer => Rbp;

    /// <inheritdoc/>
    public static X64TrapFrame Capture()
    {
        ulong frame = X64Instructions.ReadFramePointer();
        return new X64TrapFrame { Rip = X64Memory.ReturnAddress(frame), Rbp = X64Memory.ReadStack(frame), Rsp = frame, Cs = X64DescriptorTables.KernelCode };
    }

    /// <inheritdoc/>
    public readonly ulong StubCaller => CheckFailure.IsStub(Rip) ? X64Memory.ReadStack(Rsp) : 0;
}

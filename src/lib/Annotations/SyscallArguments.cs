// The raw arguments of a system call, before they are converted to the types of the method that carries it out.
//
// Source: System V AMD64 ABI §A.2.1 "Calling Conventions" (rdi, rsi, rdx, r10, r8, r9); Linux syscall(2) for arm64 (x0 to x5).
namespace Commence;

/// <summary>Holds the six argument registers of a system call, in the order of the user ABI.</summary>
/// <remarks>Untrusted: every bit is what the program left in the register.</remarks>
public readonly struct SyscallArguments
{
    /// <summary>The first argument (x64: rdi, arm64: x0).</summary>
    public readonly ulong A0;

    /// <summary>The second argument (x64: rsi, arm64: x1).</summary>
    public readonly ulong A1;

    /// <summary>The third argument (x64: rdx, arm64: x2).</summary>
    public readonly ulong A2;

    /// <summary>The fourth argument (x64: r10, arm64: x3).</summary>
    public readonly ulong A3;

    /// <summary>The fifth argument (x64: r8, arm64: x4).</summary>
    public readonly ulong A4;

    /// <summary>The sixth argument (x64: r9, arm64: x5).</summary>
    public readonly ulong A5;

    /// <summary>Takes the registers in the order of the user ABI.</summary>
    public SyscallArguments(ulong a0, ulong a1, ulong a2, ulong a3, ulong a4, ulong a5)
    {
        A0 = a0;
        A1 = a1;
        A2 = a2;
        A3 = a3;
        A4 = a4;
        A5 = a5;
    }
}

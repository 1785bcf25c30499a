// The registers of interrupted code, as the portable kernel sees them.
namespace Commence.Arch;

/// <summary>Registers saved on entry to the kernel.</summary>
public interface ITrapFrame
{
    /// <summary>Whether user code was interrupted.</summary>
    bool IsFromUser { get; }

    /// <summary>Where it was interrupted.</summary>
    ulong InstructionPointer { get; set; }

    /// <summary>Its stack pointer.</summary>
    ulong StackPointer { get; set; }

    /// <summary>Number of the system call (x64: RAX on entry, kept for restarts; arm64: X8).</summary>
    ulong SyscallNumber { get; set; }

    /// <summary>First argument of a system call, and so on.</summary>
    ulong Argument0 { get; set; }

    ulong Argument1 { get; set; }

    ulong Argument2 { get; set; }

    ulong Argument3 { get; }

    ulong Argument4 { get; }

    ulong Argument5 { get; }

    /// <summary>What the system call returns: a value, or a negated <see cref="Errno"/>.</summary>
    long ReturnValue { get; set; }

    /// <summary>Whether interrupts were on in the interrupted code.</summary>
    bool HadInterruptsEnabled { get; }
}

// The registers of interrupted code, as the portable kernel sees them.
using Commence.Lib;

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

    /// <summary>Lines that <see cref="FormatLine"/> writes.</summary>
    static abstract int LineCount { get; }

    /// <summary>Writes one line of a register dump, without an end of line.</summary>
    void FormatLine(int line, ref TextWriter text);

    /// <summary>Frame pointer of the interrupted code.</summary>
    ulong FramePointer { get; }

    /// <summary>A frame of the caller's own registers, as far as a call can know them: for a panic without a trap.</summary>
    static abstract TrapFrame Capture();

    /// <summary>If the interrupted code is a stub without a frame of its own, the address of the code that called it; else 0.</summary>
    ulong StubCaller { get; }
}

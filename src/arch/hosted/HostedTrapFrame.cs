// Registers as plain values: a test fills in what the code under test reads.
using Commence.Lib;

namespace Commence.Arch.Hosted;

/// <inheritdoc cref="ITrapFrame"/>
public struct HostedTrapFrame : ITrapFrame
{
    /// <inheritdoc/>
    public bool IsFromUser { get; set; }

    /// <inheritdoc/>
    public ulong InstructionPointer { get; set; }

    /// <inheritdoc/>
    public ulong StackPointer { get; set; }

    /// <inheritdoc/>
    public ulong SyscallNumber { get; set; }

    /// <inheritdoc/>
    public ulong Argument0 { get; set; }

    /// <inheritdoc/>
    public ulong Argument1 { get; set; }

    /// <inheritdoc/>
    public ulong Argument2 { get; set; }

    /// <inheritdoc/>
    public ulong Argument3 { get; set; }

    /// <inheritdoc/>
    public ulong Argument4 { get; set; }

    /// <inheritdoc/>
    public ulong Argument5 { get; set; }

    /// <inheritdoc/>
    public long ReturnValue { get; set; }

    /// <inheritdoc/>
    public bool HadInterruptsEnabled { get; set; }

    /// <summary>The registers are those of a system call that may be restarted.</summary>
    public bool IsSyscall { get; set; }

    /// <inheritdoc/>
    public static int LineCount => 1;

    /// <inheritdoc/>
    public ulong FramePointer { get; set; }

    /// <inheritdoc/>
    public readonly ulong StubCaller => 0;

    /// <inheritdoc/>
    /// <remarks>Only a panic captures registers. Here it ends at this point, as an exception, before it takes the machine over.</remarks>
    public static HostedTrapFrame Capture() => throw new KernelPanicException();

    /// <inheritdoc/>
    public readonly void FormatLine(int line, ref TextWriter text) =>
        text.Append($"ip 0x{InstructionPointer:x16} sp 0x{StackPointer:x16}");
}

// What a signal handler finds on its stack, and the way back from it (Linux: rt_sigframe, rt_sigreturn).
//
//   interrupted code ──Place, Build, Enter──▶ handler ──▶ restorer ──rt_sigreturn──▶ Find, TryRestore, TryRestoreFpu ──▶ code
//
// The layouts are the user ABI's. The kernel copies the bytes to and from user memory; nothing here touches it.
using System;

namespace Commence.Arch;

/// <summary>What the kernel puts into a frame besides registers, and gets back.</summary>
public struct SignalFrameContents
{
    /// <summary>Where the handler returns to.</summary>
    public UserAddr Restorer;

    /// <summary>Signals blocked in the interrupted code.</summary>
    public ulong BlockedMask;

    /// <summary>The stack for handlers: its base, <c>SS_*</c> flags and size.</summary>
    public UserAddr AlternateBase;

    /// <inheritdoc cref="AlternateBase"/>
    public uint AlternateFlags;

    /// <inheritdoc cref="AlternateBase"/>
    public ulong AlternateSizeBytes;

    /// <summary>The address that the last page fault concerned.</summary>
    public ulong FaultAddress;

    /// <summary>Where the floating-point state lies; null if the frame has none.</summary>
    public UserAddr Fpu;
}

/// <summary>Signal frames of an architecture.</summary>
public interface ISignalFrame
{
    /// <summary>Bytes of the fixed part: up to and with <c>siginfo</c>.</summary>
    static abstract int FixedSizeBytes { get; }

    /// <summary>Where <c>siginfo</c> lies in the frame.</summary>
    static abstract int InfoOffset { get; }

    /// <summary>Bytes of the floating-point state in a frame.</summary>
    static abstract int FpuSizeBytes { get; }

    /// <summary>Most bytes of a whole frame, with gaps.</summary>
    static abstract int SizeBytesMax { get; }

    /// <summary>Bytes below the stack pointer that belong to the interrupted code (x64: the red zone).</summary>
    static abstract int RedZoneBytes { get; }

    /// <summary>Chooses where a frame lies.</summary>
    /// <param name="top">It must end at or below.</param>
    /// <param name="fpu">Where the floating-point state lies in it.</param>
    /// <returns>Where it begins. It ends with the floating-point state.</returns>
    static abstract UserAddr Place(UserAddr top, out UserAddr fpu);

    /// <summary>Fills in a frame, all but <c>siginfo</c>.</summary>
    /// <param name="context">The running thread.</param>
    /// <param name="registers">What is to be resumed.</param>
    /// <param name="contents">The rest; its Fpu is what <see cref="Place"/> said.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="frame">The bytes from there to the end of the floating-point state; zeros before.</param>
    /// <remarks>Context: the thread itself.</remarks>
    static abstract void Build(
        ref ThreadContext context, in TrapFrame registers, in SignalFrameContents contents, UserAddr at, Span<byte> frame);

    /// <summary>Makes a thread go on in a handler.</summary>
    static abstract void Enter(ref TrapFrame registers, UserAddr frame, int signal, ulong handler);

    /// <summary>Finds the frame when the handler has returned and <c>rt_sigreturn</c> was called.</summary>
    static abstract UserAddr Find(in TrapFrame registers);

    /// <summary>Takes registers back from a frame. Everything in it may be forged: what user mode may not set stays as it was.</summary>
    /// <param name="frame">The fixed part.</param>
    /// <param name="registers">Changed as a whole; no system call will be restarted from them.</param>
    /// <param name="contents">What <see cref="Build"/> was given.</param>
    static abstract void Restore(ReadOnlySpan<byte> frame, ref TrapFrame registers, out SignalFrameContents contents);

    /// <summary>Takes the floating-point state back. It may be forged.</summary>
    /// <param name="context">The running thread.</param>
    /// <param name="registers">Holds the part of the state that the kernel's own code uses.</param>
    /// <param name="fpu">The bytes; empty for the initial state.</param>
    /// <returns>False if the bytes are no such state.</returns>
    static abstract bool TryRestoreFpu(ref ThreadContext context, ref TrapFrame registers, ReadOnlySpan<byte> fpu);

    /// <summary>Whether the registers are those of a system call that may be restarted.</summary>
    static abstract bool IsSyscall(in TrapFrame registers);

    /// <summary>Makes the thread call again: the same call, or <c>restart_syscall</c>.</summary>
    static abstract void RestartSyscall(ref TrapFrame registers, bool isContinuation);

    /// <summary>Registers of a program's first instruction.</summary>
    static abstract TrapFrame FirstRegisters(UserAddr entryPoint, UserAddr stackPointer);
}

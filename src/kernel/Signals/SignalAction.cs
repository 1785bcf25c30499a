// What a process wants done with a signal.
//
// Source: Linux UAPI, asm/signal.h of x86-64 (struct sigaction as rt_sigaction carries it, SA_*).
using System;
using System.Runtime.InteropServices;

namespace Commence.Signals;

/// <summary>Flags of <see cref="SignalAction"/>.</summary>
[Flags]
public enum SignalFlags : ulong
{
    None = 0,
    SA_NOCLDSTOP = 1,
    SA_NOCLDWAIT = 2,
    SA_SIGINFO = 4,
    SA_RESTORER = 0x0400_0000,
    SA_ONSTACK = 0x0800_0000,
    SA_RESTART = 0x1000_0000,
    SA_NODEFER = 0x4000_0000,
    SA_RESETHAND = 0x8000_0000,
}

/// <summary>One signal's disposition (Linux: <c>struct kernel_sigaction</c>); 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SignalAction
{
    /// <summary>The handler's address, or one of the two below.</summary>
    public ulong Handler;
    public SignalFlags Flags;

    /// <summary>Where a handler returns to: code that calls <c>rt_sigreturn</c>.</summary>
    public UserAddr Restorer;

    /// <summary>Blocked while the handler runs.</summary>
    public SignalSet Mask;

    public const ulong HandlerDefault = 0;
    public const ulong HandlerIgnore = 1;

    public readonly bool IsDefault => Handler == HandlerDefault;

    public readonly bool IsIgnore => Handler == HandlerIgnore;

    /// <summary>There is a function to call.</summary>
    public readonly bool IsCaught => Handler > HandlerIgnore;

    /// <summary>Nothing happens for <paramref name="signal"/>: it is ignored, or its default is to be ignored.</summary>
    public readonly bool Discards(Signal signal) =>
        IsIgnore || (IsDefault && signal.DefaultAction() == DefaultAction.Ignore);

    public readonly bool Has(SignalFlags flag) => (Flags & flag) != 0;
}

/// <summary>A stack for handlers (Linux: <c>stack_t</c>); 24 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct AlternateStack
{
    /// <summary>Smallest stack that a handler can run on (<c>MINSIGSTKSZ</c> of x86-64).</summary>
    public const ulong SizeBytesMin = 2048;

    public const uint SS_ONSTACK = 1;
    public const uint SS_DISABLE = 2;
    public const uint SS_AUTODISARM = 0x8000_0000;

    [FieldOffset(0)] public UserAddr Base;
    [FieldOffset(8)] public uint Flags;
    [FieldOffset(16)] public ulong SizeBytes;

    public readonly bool IsEnabled => SizeBytes != 0 && (Flags & SS_DISABLE) == 0;

    /// <summary>Whether a stack pointer lies on this stack.</summary>
    public readonly bool Contains(ulong stackPointer) =>
        IsEnabled && stackPointer > Base.Value && stackPointer - Base.Value <= SizeBytes;
}

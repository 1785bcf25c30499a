// What system calls about the machine and the process carry.
//
// Source: Linux UAPI, linux/utsname.h, linux/sysinfo.h, linux/resource.h, linux/sched.h (struct clone_args).
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Commence.Abi;

/// <summary>A zero-terminated text of <see cref="UtsName"/>.</summary>
[InlineArray(SizeBytes)]
public struct UtsField
{
    public const int SizeBytes = 65;

    private byte _first;

    /// <summary>Copies as much of the text as fits, and a terminating zero.</summary>
    public void Set(ReadOnlySpan<byte> text)
    {
        Span<byte> bytes = this;
        bytes.Clear();
        text[..Math.Min(text.Length, SizeBytes - 1)].CopyTo(bytes);
    }
}

/// <summary>Names of the system (Linux: <c>struct new_utsname</c>); 390 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct UtsName
{
    public UtsField System;
    public UtsField Node;
    public UtsField Release;
    public UtsField Version;
    public UtsField Machine;
    public UtsField Domain;
}

/// <summary>Memory and load (Linux: <c>struct sysinfo</c>); 112 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 112)]
public struct SystemInformation
{
    [FieldOffset(0)] public long UptimeSeconds;

    /// <summary>Load averages over 1, 5 and 15 minutes, times 65536.</summary>
    [FieldOffset(8)] public ulong Load1;
    [FieldOffset(16)] public ulong Load5;
    [FieldOffset(24)] public ulong Load15;
    [FieldOffset(32)] public ulong RamTotal;
    [FieldOffset(40)] public ulong RamFree;
    [FieldOffset(48)] public ulong RamShared;
    [FieldOffset(56)] public ulong RamBuffers;
    [FieldOffset(64)] public ulong SwapTotal;
    [FieldOffset(72)] public ulong SwapFree;
    [FieldOffset(80)] public ushort Processes;
    [FieldOffset(88)] public ulong HighTotal;
    [FieldOffset(96)] public ulong HighFree;

    /// <summary>Bytes that the other sizes count in.</summary>
    [FieldOffset(104)] public uint Unit;
}

/// <summary>A soft and a hard limit (Linux: <c>struct rlimit64</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ResourceLimit
{
    /// <summary>No limit (<c>RLIM_INFINITY</c>).</summary>
    public const ulong Infinity = ulong.MaxValue;

    public ulong Soft;
    public ulong Hard;
}

/// <summary>Arguments of <c>clone3</c> (Linux: <c>struct clone_args</c>); 88 bytes in version 2.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public struct CloneArguments
{
    public const int SizeBytes = 88;

    /// <summary>The first version ended after <see cref="Tls"/>.</summary>
    public const int SizeBytesMin = 64;

    [FieldOffset(0)] public ulong Flags;
    [FieldOffset(8)] public UserAddr PidDescriptor;
    [FieldOffset(16)] public UserAddr ChildTid;
    [FieldOffset(24)] public UserAddr ParentTid;
    [FieldOffset(32)] public ulong ExitSignal;
    [FieldOffset(40)] public UserAddr Stack;
    [FieldOffset(48)] public ulong StackSize;
    [FieldOffset(56)] public ulong Tls;
    [FieldOffset(64)] public UserAddr SetTid;
    [FieldOffset(72)] public ulong SetTidCount;
    [FieldOffset(80)] public ulong Cgroup;
}

/// <summary>Head of a thread's list of robust futexes (Linux: <c>struct robust_list_head</c>); 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RobustListHead
{
    public UserAddr First;
    public long FutexOffset;
    public UserAddr Pending;
}

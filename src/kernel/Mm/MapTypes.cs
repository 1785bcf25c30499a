// Numbers that programs pass to mmap and its relatives.
//
// Source: Linux UAPI, asm-generic/mman-common.h, mman.h and linux/mman.h (the numbers, which x86-64 and arm64 share).
using System;

namespace Commence.Mm;

/// <summary>What a program may do with memory (<c>PROT_*</c>).</summary>
[Flags]
public enum MapProtection : uint
{
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 4,

    /// <summary>mprotect: from the start of the stack's area, that is down to its lowest page.</summary>
    GrowsDown = 0x0100_0000,

    /// <summary>mprotect: up to the end of an area that grows upwards. There are none on our architectures.</summary>
    GrowsUp = 0x0200_0000,
}

/// <summary>How memory is mapped (<c>MAP_*</c>). Other bits are ignored, as Linux does.</summary>
[Flags]
public enum MapFlags : uint
{
    None = 0,
    Shared = 0x01,
    Private = 0x02,

    /// <summary>Shared, and unknown flags are refused.</summary>
    SharedValidate = 0x03,
    TypeMask = 0x0F,
    Fixed = 0x10,
    Anonymous = 0x20,
    GrowsDown = 0x0100,
    DenyWrite = 0x0800,
    Executable = 0x1000,
    Locked = 0x2000,
    NoReserve = 0x4000,

    /// <summary>Pages are there when the call returns.</summary>
    Populate = 0x8000,
    NonBlock = 0x1_0000,
    Stack = 0x2_0000,
    HugeTlb = 0x4_0000,
    Sync = 0x8_0000,
    FixedNoReplace = 0x10_0000,
}

/// <summary>Flags of mremap (<c>MREMAP_*</c>).</summary>
[Flags]
public enum RemapFlags : uint
{
    None = 0,
    MayMove = 1,
    Fixed = 2,
    DontUnmap = 4,
}

/// <summary>Advice (<c>MADV_*</c>). Those that only guess about use are accepted and ignored.</summary>
public enum MemoryAdvice
{
    Normal = 0,
    Random = 1,
    Sequential = 2,
    WillNeed = 3,
    DontNeed = 4,
    Free = 8,
    Remove = 9,
    DontFork = 10,
    DoFork = 11,
    Mergeable = 12,
    Unmergeable = 13,
    HugePage = 14,
    NoHugePage = 15,
    DontDump = 16,
    DoDump = 17,
    WipeOnFork = 18,
    KeepOnFork = 19,
    Cold = 20,
    PageOut = 21,
    PopulateRead = 22,
    PopulateWrite = 23,
}

/// <summary>What became of a page fault.</summary>
public enum FaultOutcome
{
    /// <summary>The access can be tried again.</summary>
    Resolved,

    /// <summary>Nothing is mapped there: SIGSEGV, <c>SEGV_MAPERR</c>.</summary>
    SignalSegvMapErr,

    /// <summary>What is mapped there does not allow it: SIGSEGV, <c>SEGV_ACCERR</c>.</summary>
    SignalSegvAccErr,

    /// <summary>Mapped, but the file ends before: SIGBUS, <c>BUS_ADRERR</c>.</summary>
    SignalBus,

    /// <summary>There is no memory: the process must die.</summary>
    OutOfMemory,
}

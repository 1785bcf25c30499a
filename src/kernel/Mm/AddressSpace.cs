// The user half of an address space: areas, and the page table that is filled from them page by page, on demand.
using System;
using Commence.Arch;
using Commence.Lib;

namespace Commence.Mm;

/// <summary>What a program sees as its memory (Linux: <c>mm_struct</c>). Shared by the threads of a process.</summary>
/// <remarks>Context of all: thread, unless said otherwise. Sleeps: yes. Errors are those of the system call of the same name.</remarks>
public sealed partial class AddressSpace
{
    private CpuMask _activeCpus;

    /// <summary>Makes an empty one, with one user.</summary>
    /// <returns>False if there is no memory.</returns>
    public static bool TryCreate(out AddressSpace created)
    {
        created = null!;
        return false;
    }

    /// <summary>Makes a copy for fork, with one user: private pages are shared until one side writes.</summary>
    /// <returns>False if there is no memory.</returns>
    public bool TryFork(out AddressSpace child)
    {
        child = null!;
        return false;
    }

    /// <summary>Another thread or process uses it (CLONE_VM).</summary>
    /// <remarks>Context: any.</remarks>
    public void GetReference() => Bug.Unreachable();

    /// <summary>One user less; the last one takes everything down. No thread of the caller's may run in it any more:
    /// <see cref="Switch"/> first.</summary>
    public void PutReference() => Bug.Unreachable();

    /// <summary>Loads an address space on this processor, or none: kernel threads keep what is loaded.</summary>
    /// <remarks>Context: scheduler. IRQs: off.</remarks>
    public static void Switch(AddressSpace? next) => Bug.Unreachable();

    /// <summary>mmap: maps anonymous memory, or part of an object.</summary>
    /// <param name="address">Where, or a hint.</param>
    /// <param name="lengthBytes">Rounded up to pages.</param>
    /// <param name="protection">What the program may do.</param>
    /// <param name="flags">As the program gave them.</param>
    /// <param name="source">The object; null for anonymous memory. The area takes a reference of its own.</param>
    /// <param name="offsetBytes">Where in the object; a multiple of the page size.</param>
    /// <returns>Start of the mapping, or why not.</returns>
    public Result<UserAddr> Map(
        UserAddr address, ulong lengthBytes, MapProtection protection, MapFlags flags, MemoryObject? source, ulong offsetBytes) =>
        Errno.ENOSYS;

    /// <summary>munmap.</summary>
    public Errno Unmap(UserAddr address, ulong lengthBytes) => Errno.ENOSYS;

    /// <summary>mprotect.</summary>
    public Errno Protect(UserAddr address, ulong lengthBytes, MapProtection protection) => Errno.ENOSYS;

    /// <summary>mremap.</summary>
    public Result<UserAddr> Remap(UserAddr address, ulong oldBytes, ulong newBytes, RemapFlags flags, UserAddr newAddress) =>
        Errno.ENOSYS;

    /// <summary>madvise.</summary>
    public Errno Advise(UserAddr address, ulong lengthBytes, MemoryAdvice advice) => Errno.ENOSYS;

    /// <summary>brk: moves the end of the heap.</summary>
    /// <returns>Where it is now: unchanged if it could not be moved.</returns>
    public UserAddr SetBreak(UserAddr wanted) => default;

    /// <summary>exec: maps the initial stack, which grows down, below <paramref name="top"/>.</summary>
    /// <param name="top">End of the stack; page aligned.</param>
    /// <param name="sizeBytes">Mapped at once; the rest, up to <see cref="StackLimitBytes"/>, on demand.</param>
    /// <param name="protection">Read and write as a rule.</param>
    public Errno MapStack(UserAddr top, ulong sizeBytes, MapProtection protection) => Errno.ENOSYS;

    /// <summary>exec: says where the heap begins.</summary>
    public void SetBreakStart(UserAddr start) => Bug.Unreachable();

    /// <summary>A page fault at an address of the running address space.</summary>
    /// <remarks>IRQs: on.</remarks>
    public FaultOutcome HandleFault(UserAddr address, FaultAccess access) => FaultOutcome.SignalSegvMapErr;

    /// <summary>Reads memory of this address space, loaded or not (exec, ptrace, /proc/pid/mem).</summary>
    /// <returns>Bytes read, from the start.</returns>
    public int ReadForeign(UserAddr source, Span<byte> destination) => 0;

    /// <summary>Writes memory of this address space, loaded or not.</summary>
    /// <returns>Bytes written, from the start.</returns>
    public int WriteForeign(UserAddr destination, ReadOnlySpan<byte> source) => 0;

    /// <summary>RLIMIT_STACK, RLIMIT_AS and RLIMIT_DATA: kept up to date by whoever changes the limits.</summary>
    public ulong StackLimitBytes { get; set; } = 8 << 20;

    /// <inheritdoc cref="StackLimitBytes"/>
    public ulong SizeLimitBytes { get; set; } = ulong.MaxValue;

    /// <inheritdoc cref="StackLimitBytes"/>
    public ulong DataLimitBytes { get; set; } = ulong.MaxValue;

    /// <summary>Root of its page table.</summary>
    public PhysAddr Root => default;

    /// <summary>Processors that may have it loaded.</summary>
    public ref readonly CpuMask ActiveCpus => ref _activeCpus;

    /// <summary>Finds the first area that ends above an address: for /proc/pid/maps.</summary>
    /// <param name="from">0, then the end of the area before.</param>
    /// <param name="area">A copy of what there is to know.</param>
    public bool TryReadArea(UserAddr from, out VmAreaInfo area)
    {
        area = default;
        return false;
    }

    /// <summary>Numbers for /proc/pid/statm and status.</summary>
    public VmStatistics ReadStatistics() => default;
}

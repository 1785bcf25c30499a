// Physical memory of the host: one range of zero pages, which the operating system gives out as they are touched.
using System.Runtime.InteropServices;

namespace Commence.Arch.Hosted;

/// <summary>The memory behind physical addresses 0 to <see cref="SizeBytes"/>. All machines of a process share it.</summary>
public static unsafe class HostedMemory
{
    /// <summary>How much there is.</summary>
    public const long SizeBytes = 4L << 30;

    /// <summary>From here on it belongs to <c>KernelMemory</c>; a test that makes allocators of its own has what is below.</summary>
    public const long KernelStart = 3L << 30;

    private const int ProtectRead = 1;
    private const int ProtectWrite = 2;
    private const int MapPrivate = 0x02;
    private const int MapAnonymous = 0x20;
    private const int MapNoReserve = 0x4000;
    private const int AdviseDontNeed = 4;

    private static readonly byte* s_start = Map();

    /// <summary>Where physical address 0 lies.</summary>
    internal static byte* Start => s_start;

    /// <summary>Makes all memory below <see cref="KernelStart"/> zero again.</summary>
    public static void Clear()
    {
        // SAFETY: the range is ours for ever; dropping its pages makes them zero.
        if (madvise(s_start, KernelStart, AdviseDontNeed) != 0)
            throw new InvalidOperationException("madvise failed");
    }

    private static byte* Map()
    {
        // SAFETY: a new mapping at an address that the operating system chooses; nothing else lies there.
        void* start = mmap(null, SizeBytes, ProtectRead | ProtectWrite, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
        return (nint)start == -1 ? throw new InvalidOperationException("mmap failed") : (byte*)start;
    }

#pragma warning disable IDE1006 // the C library's names
    [DllImport("libc", SetLastError = true)]
    private static extern void* mmap(void* address, long length, int protection, int flags, int file, nint offset);

    [DllImport("libc", SetLastError = true)]
    private static extern int madvise(void* address, long length, int advice);
#pragma warning restore IDE1006
}

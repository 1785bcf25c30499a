// The window on physical memory: all of it is mapped, at one distance from its physical address.
//
// This is the border between numbers and memory. A span from here is as good as the caller's claim that the pages are his:
// the page allocator hands out each page once, and whoever frees a page must have given up its spans.
using System;
using System.Runtime.CompilerServices;

namespace Commence.Memory;

/// <summary>Physical memory as the kernel sees it (Linux: the direct mapping, <c>__va</c> and <c>__pa</c>).</summary>
public static class DirectMap
{
    /// <summary>Where a physical address is mapped.</summary>
    /// <remarks>Context: any.</remarks>
    public static VirtAddr ToVirtual(PhysAddr address) => AddressLayout.DirectMapStart + address.Value;

    /// <summary>What lies behind an address of the direct map.</summary>
    /// <remarks>Context: any. Fails: misuse for an address below the direct map.</remarks>
    public static PhysAddr ToPhysical(VirtAddr address)
    {
        Bug.On(address < AddressLayout.DirectMapStart);
        return new PhysAddr(address - AddressLayout.DirectMapStart);
    }

    /// <summary>The bytes of a page.</summary>
    /// <remarks>Context: any. The caller holds the page.</remarks>
    public static Span<byte> Span(Pfn page) => Bytes(page.Address, Limits.PageSizeBytes);

    /// <summary>The bytes of 2^<paramref name="order"/> pages.</summary>
    /// <remarks>Context: any. The caller holds the pages.</remarks>
    public static Span<byte> Span(Pfn first, int order)
    {
        Bug.On((uint)order > PageAllocator.OrderMax);
        return Bytes(first.Address, Limits.PageSizeBytes << order);
    }

    /// <summary>Physical memory of any length: firmware tables, an initramfs.</summary>
    /// <remarks>Context: any. The caller knows that it is memory, and that nobody else writes it.</remarks>
    public static unsafe Span<byte> Bytes(PhysAddr start, int lengthBytes)
    {
        // SAFETY: the direct map covers all memory below 2^52, so that no address wraps; Span refuses a negative length.
        Bug.On(start.Value >> 52 != 0);
        return new Span<byte>(Pointer(start), lengthBytes);
    }

    /// <summary>A page as a table of 512 words.</summary>
    /// <remarks>Context: any. The caller holds the page.</remarks>
    public static unsafe Span<ulong> Words(Pfn page)
    {
        // SAFETY: a page has 512 words, and its address is aligned.
        Bug.On(page.Address.Value >> 52 != 0);
        return new Span<ulong>(Pointer(page.Address), Limits.PageSizeBytes / sizeof(ulong));
    }

    // SAFETY: makes the pointer only; whoever follows it has to know that the page is his.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe byte* Pointer(PhysAddr address) => (byte*)ToVirtual(address).Value;

    // SAFETY: only calculates; nothing is read through the pointer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe PhysAddr ToPhysical(void* address) => new((ulong)address - AddressLayout.DirectMapStart.Value);
}

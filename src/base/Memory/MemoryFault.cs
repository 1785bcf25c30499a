// Panics of the allocators. Out of line, so that the checks stay small, and each with the numbers that find the culprit.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Memory;

internal static class MemoryFault
{
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void BadFree(Pfn page, PageKind kind, int references) =>
        Panic.Now($"pages: bad free of pfn {page}: kind {(uint)kind}, {references} references");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void BadGet(Pfn page, PageKind kind, int references) =>
        Panic.Now($"pages: reference to free pfn {page}: kind {(uint)kind}, {references} references");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void BadFrame(Pfn page) => Panic.Now($"pages: pfn {page} is not memory");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void BadObject(ulong address, in CacheName cache) =>
        Panic.Now($"slab: no object of {CacheName.Text(cache)} begins at 0x{address:x}");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void DoubleFree(ulong address, in CacheName cache) =>
        Panic.Now($"slab: 0x{address:x} of {CacheName.Text(cache)} freed twice");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Overrun(ulong address, in CacheName cache) =>
        Panic.Now($"slab: guard words around 0x{address:x} of {CacheName.Text(cache)} overwritten");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void UsedAfterFree(ulong address, in CacheName cache) =>
        Panic.Now($"slab: 0x{address:x} of {CacheName.Text(cache)} written after it was freed");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void OutOfMemory(uint objectSize) =>
        Panic.Now($"slab: no memory for an object of {objectSize} bytes");
}

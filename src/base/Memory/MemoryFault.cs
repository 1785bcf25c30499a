// Panics of the allocators. Out of line, so that the checks stay small, and each with the numbers that find the culprit.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Memory;

internal static class MemoryFault
{
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void BadFree(Pfn page, PageKind kind, int references) =>
        Bug.Unreachable("pages: bad free of pfn");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void BadGet(Pfn page, PageKind kind, int references) =>
        Bug.Unreachable("pages: reference to free pfn");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void BadFrame(Pfn page) => Bug.Unreachable("pages: pfn");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void BadObject(ulong address, in CacheName cache) =>
        Bug.Unreachable("slab: no object of");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void DoubleFree(ulong address, in CacheName cache) =>
        Bug.Unreachable("slab: 0x");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Overrun(ulong address, in CacheName cache) =>
        Bug.Unreachable("slab: guard words around 0x");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void UsedAfterFree(ulong address, in CacheName cache) =>
        Bug.Unreachable("slab: 0x");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void OutOfMemory(uint objectSize) =>
        Bug.Unreachable("slab: no memory for an object of");
}

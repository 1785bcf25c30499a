// Objects of the kernel. `new` takes an object of a sealed class from its type's cache and panics if there is no memory;
// this class has the rest: freeing, and asking in a way that may fail.
//
// In the kernel (Kmem.Kernel.cs) a cache belongs to a method table, which is all the compiler tells the allocator. The hosted
// build has a collector; its half watches for objects that are freed twice.
using System;

namespace Commence.Memory;

/// <summary>Typed slab caches (Linux: <c>kmem_cache_alloc</c>, <c>kmem_cache_free</c>).</summary>
public static partial class Kmem
{
    // Implemented by each build:
    //   public static void Free(object value);
    //   public static bool TryNew<T>(out T value) where T : class, new();
    //   public static void SetName<T>(ReadOnlySpan<byte> name) where T : class;

    /// <summary>Reads the statistics of a cache, for <c>/proc/slabinfo</c>.</summary>
    /// <param name="index">0, 1, … until the answer is false; newest first.</param>
    /// <param name="info">The numbers.</param>
    /// <returns>False if there is no such cache.</returns>
    /// <remarks>Context: any.</remarks>
    public static bool TryReadCache(int index, out KmemCacheInfo info) => KernelMemory.Slabs.TryReadInfo(index, out info);
}

// What the compiler calls for `new`, and what only works without a collector.
using System;
using System.Runtime;
using System.Runtime.CompilerServices;
using Internal.Runtime;

namespace Commence.Memory;

public static unsafe partial class Kmem
{
    /// <summary>Gives an object back to its type's cache. Its memory is only ever used for the same type again.</summary>
    /// <remarks>Context: any. The caller holds the last reference; readers without a lock need a grace period first.
    /// Fails: panics if the object is free already, or no object of a cache.</remarks>
    // SAFETY: a reference is the address of its object, and objects never move.
    public static void Free(object value) => KernelMemory.Slabs.Free((byte*)Unsafe.As<object, nint>(ref value));

    /// <summary>Makes an object whose number a program decides.</summary>
    /// <returns>False if there is no memory (<see cref="Errno.ENOMEM"/>).</returns>
    /// <remarks>Context: any that the constructor allows.</remarks>
    public static bool TryNew<T>(out T value)
        where T : class, new()
    {
        MethodTable* type = MethodTable.Of<T>();
        nint address = (nint)TryAllocate(type, AllocationFlags.None);
        value = null!;
        if (address == 0)
            return false;

        // SAFETY: the memory is zero and carries T's method table: an object whose constructor has not run yet. It runs here.
        value = Unsafe.As<nint, T>(ref address);
        ((delegate*<object, void>)Activator.DefaultConstructorOf<T>())(value);
        return true;
    }

    /// <summary>Names a type's cache for <c>/proc/slabinfo</c>; the type has no name at run time.</summary>
    /// <param name="name">Up to 24 bytes.</param>
    /// <remarks>Context: thread, before another processor reads it.</remarks>
    public static void SetName<T>(ReadOnlySpan<byte> name)
        where T : class
    {
        KmemCache* cache = CacheOf(MethodTable.Of<T>());
        if (cache != null)
            cache->SetName(name);
    }

    // `new` of a class without a finalizer; the object is returned with its method table set.
    [RuntimeExport("RhpNewFast")]
    private static nint New(MethodTable* type)
    {
        byte* address = TryAllocate(type, AllocationFlags.Reserve);
        if (address == null)
            MemoryFault.OutOfMemory(type->ObjectSize);
        return (nint)address;
    }

    private static byte* TryAllocate(MethodTable* type, AllocationFlags flags)
    {
        KmemCache* cache = CacheOf(type);
        byte* address = cache == null ? null : cache->Allocate(KernelMemory.Pages, flags);
        if (address != null)
            *(MethodTable**)address = type;
        return address;
    }

    private static KmemCache* CacheOf(MethodTable* type)
    {
        Bug.On(!KernelMemory.Slabs.IsReady); // `new` before KernelMemory.TryStart
        // SAFETY: the compiler gives each type a writable word for whoever allocates.
        return KernelMemory.Slabs.GetTyped(ref *type->WritableData, (nint)type, type->ObjectSize);
    }
}

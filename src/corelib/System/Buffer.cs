// Copies of structs that hold references. The compiler calls this by name where it does not copy field by field.
using System.Runtime.CompilerServices;
using System.Threading;

namespace System;

public static class Buffer
{
    /// <summary>Copies a struct with references word by word, so that another CPU never sees half a reference.</summary>
    // There is no collector, and so no barrier. Source and destination are the same or do not overlap.
    internal static void BulkMoveWithWriteBarrier(ref byte destination, ref byte source, nuint byteCount)
    {
        for (nuint at = 0; at < byteCount; at += (nuint)sizeof(long))
        {
            Volatile.Write(
                ref Unsafe.As<byte, long>(ref Unsafe.AddByteOffset(ref destination, at)),
                Unsafe.As<byte, long>(ref Unsafe.AddByteOffset(ref source, at)));
        }
    }
}

// Plain memory of a length that is known at run time: what an array would be.
using System;

namespace Commence.Memory;

/// <summary>A buffer from <see cref="Kmalloc"/>. All-zero is no buffer, with an empty span.</summary>
/// <remarks>Owned by one: a copy of the struct is the same buffer, and after <see cref="Free"/> no copy and no span may be used.</remarks>
public unsafe struct KBuffer
{
    private byte* _address;
    private int _length;

    internal KBuffer(byte* address, int length)
    {
        _address = address;
        _length = length;
    }

    /// <summary>Bytes asked for.</summary>
    public readonly int Length => _length;

    /// <summary>There is no buffer.</summary>
    public readonly bool IsNull => _address == null;

    /// <summary>The bytes.</summary>
    // SAFETY: the allocator handed out `_length` bytes at `_address`; default has neither.
    public readonly Span<byte> Span => new(_address, _length);

    /// <summary>Where it lies in physical memory, for devices: a buffer is contiguous.</summary>
    public readonly PhysAddr Address => DirectMap.ToPhysical(_address);

    /// <summary>Gives the memory back; does nothing if there is no buffer.</summary>
    /// <remarks>Context: any. Fails: panics if a copy was freed already.</remarks>
    public void Free()
    {
        if (_address != null)
            Kmalloc.Release(_address, _length);
        this = default;
    }
}

// A typed pointer that a program gave.
using System;
using System.Runtime.InteropServices;
using System.Runtime.CompilerServices;

namespace Commence.Memory;

/// <summary>A pointer to one <typeparamref name="T"/>, or an array of them, in user memory (Linux: <c>T __user *</c>).</summary>
/// <typeparam name="T">A structure in the layout that programs use, without padding that the kernel must not show.</typeparam>
public readonly struct UserPtr<T>
    where T : unmanaged
{
    private readonly UserAddr _address;

    public UserPtr(UserAddr address) => _address = address;

    public UserPtr(ulong address) => _address = new UserAddr(address);

    /// <summary>Where it points.</summary>
    public UserAddr Address => _address;

    /// <summary>The null pointer: as a rule "not wanted".</summary>
    public bool IsNull => _address.IsNull;

    /// <summary>A pointer to an element of the array that begins here.</summary>
    /// <remarks>May wrap: what it points to then lies outside user space, or is simply another place of the program's own.</remarks>
    public UserPtr<T> At(ulong index) => new(_address + (index * (ulong)Unsafe.SizeOf<T>()));

    /// <summary>Reads the value.</summary>
    /// <returns>False: <see cref="Errno.EFAULT"/>.</returns>
    /// <remarks>Context: thread of a user process. Sleeps: yes. Values of 1, 2, 4 and 8 bytes are read with one load.</remarks>
    public bool TryRead(out T value)
    {
        value = default;
        // SAFETY: T is unmanaged: any bytes are a value of it.
        return UserMemory.TryCopyIn(_address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Writes the value.</summary>
    /// <returns>False: <see cref="Errno.EFAULT"/>.</returns>
    /// <remarks>Context: thread of a user process. Sleeps: yes. Padding inside T goes to the program too: start from default.</remarks>
    public bool TryWrite(in T value)
    {
        T copy = value;
        return UserMemory.TryCopyOut(_address, MemoryMarshal.AsBytes(new Span<T>(ref copy)));
    }

    /// <summary>Reads an element of the array that begins here.</summary>
    public bool TryRead(ulong index, out T value) => At(index).TryRead(out value);

    /// <summary>Writes an element of the array that begins here.</summary>
    public bool TryWrite(ulong index, in T value) => At(index).TryWrite(in value);
}

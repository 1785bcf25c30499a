// The only way to a program's memory. Every address comes from the program: it may be anything.
//
//   range check (here) ──▶ copy stub (arch, may fault) ──▶ page-fault path: resolved by the address space, or ended early by
//                                                           ExceptionTable, and the copy says how far it came
using System;

namespace Commence.Memory;

/// <summary>Checked copies from and to user memory (Linux: <c>copy_from_user</c>, <c>copy_to_user</c>).</summary>
/// <remarks>Context of all: thread of a user process. Sleeps: yes, where a page has to be read. Locks: no spin lock may be
/// held, nor the address space's own.</remarks>
public static class UserMemory
{
    /// <summary>Whether a range lies in user space as a whole.</summary>
    /// <returns>False also for a range that wraps.</returns>
    /// <remarks>Context: any. It may be unmapped all the same.</remarks>
    public static bool IsInRange(UserAddr start, ulong lengthBytes)
    {
        ulong end = AddressLayout.UserEnd.Value;
        return lengthBytes <= end && start.Value <= end - lengthBytes;
    }

    /// <summary>Reads user memory.</summary>
    /// <returns>False if some of it cannot be read (<see cref="Errno.EFAULT"/>): the destination's contents are then undefined.</returns>
    public static bool TryCopyIn(UserAddr source, Span<byte> destination) =>
        CopyInPartly(source, destination) == destination.Length;

    /// <summary>Writes user memory.</summary>
    /// <returns>False if some of it cannot be written (<see cref="Errno.EFAULT"/>); part of it may be.</returns>
    public static bool TryCopyOut(UserAddr destination, ReadOnlySpan<byte> source) =>
        CopyOutPartly(destination, source) == source.Length;

    /// <summary>Reads as much as can be read.</summary>
    /// <returns>Bytes read, from the start.</returns>
    public static int CopyInPartly(UserAddr source, Span<byte> destination)
    {
        if (!IsInRange(source, (ulong)destination.Length))
            return 0;
        return destination.Length - UserCopy.CopyIn(destination, source);
    }

    /// <summary>Writes as much as can be written.</summary>
    /// <returns>Bytes written, from the start.</returns>
    public static int CopyOutPartly(UserAddr destination, ReadOnlySpan<byte> source)
    {
        if (!IsInRange(destination, (ulong)source.Length))
            return 0;
        return source.Length - UserCopy.CopyOut(destination, source);
    }

    /// <summary>Writes zeros (Linux: <c>clear_user</c>).</summary>
    /// <returns>False if some of it cannot be written.</returns>
    public static bool TryClear(UserAddr destination, ulong lengthBytes) =>
        IsInRange(destination, lengthBytes) && UserCopy.Clear(destination, lengthBytes) == 0;

    /// <summary>Reads a string that ends with a zero byte (Linux: <c>strncpy_from_user</c>).</summary>
    /// <param name="source">Where it begins.</param>
    /// <param name="destination">Room for it and its zero byte.</param>
    /// <param name="length">Bytes before the zero byte; the length of <paramref name="destination"/> if there is none: the
    /// string is too long.</param>
    /// <returns>False if it cannot be read up to its end or the end of the room.</returns>
    public static bool TryCopyString(UserAddr source, Span<byte> destination, out int length)
    {
        length = 0;
        if (!IsInRange(source, 1))
            return false;

        // A string may end at the very end of user space; the room must not reach beyond.
        ulong room = AddressLayout.UserEnd - source;
        bool isCut = room < (ulong)destination.Length;
        Span<byte> reachable = isCut ? destination[..(int)room] : destination;
        int found = UserCopy.CopyStringIn(reachable, source);
        if (found < 0 || (isCut && found == reachable.Length))
            return false;
        length = found;
        return true;
    }

    /// <summary>Replaces an aligned 32-bit word if it has the expected value, atomically: for futexes.</summary>
    /// <param name="address">The word.</param>
    /// <param name="expected">What it must be.</param>
    /// <param name="replacement">What it becomes.</param>
    /// <param name="old">What it was.</param>
    /// <returns>False if it is misaligned or cannot be written; whether it was replaced, <paramref name="old"/> tells.</returns>
    public static bool TryCompareExchange(UserAddr address, uint expected, uint replacement, out uint old)
    {
        old = 0;
        return IsInRange(address, sizeof(uint)) && address.IsAligned(sizeof(uint))
            && UserCopy.TryCompareExchange(address, expected, replacement, out old);
    }
}

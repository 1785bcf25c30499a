// The only instructions of the kernel that touch user memory. Each may fault: the page-fault path then looks the faulting
// instruction up with TryFindFixup and goes on at the fixup, which ends the operation early.
//
// Callers have checked that the range lies in user space (UserMemory, base/Memory); nothing else is checked here.
using System;

namespace Commence.Arch;

/// <summary>Copies between user and kernel memory.</summary>
public interface IUserCopy
{
    /// <summary>Copies from user memory.</summary>
    /// <returns>How many bytes at the end were not copied: 0 is success.</returns>
    /// <remarks>Context: thread; user memory may have to be paged in. 1, 2, 4 and 8 bytes are read with one load.</remarks>
    static abstract int CopyIn(Span<byte> destination, UserAddr source);

    /// <summary>Copies to user memory.</summary>
    /// <inheritdoc cref="CopyIn"/>
    static abstract int CopyOut(UserAddr destination, ReadOnlySpan<byte> source);

    /// <summary>Writes zeros to user memory.</summary>
    /// <returns>How many bytes at the end were not cleared.</returns>
    static abstract ulong Clear(UserAddr destination, ulong lengthBytes);

    /// <summary>Copies up to and with a zero byte.</summary>
    /// <returns>Bytes before the zero byte; the length of <paramref name="destination"/> if there is none; −1 after a fault.</returns>
    static abstract int CopyStringIn(Span<byte> destination, UserAddr source);

    /// <summary>Atomically replaces a 32-bit word, aligned, if it has the expected value (x64: <c>lock cmpxchg</c>).</summary>
    /// <returns>False after a fault; <paramref name="old"/> is what was found.</returns>
    static abstract bool TryCompareExchange(UserAddr address, uint expected, uint replacement, out uint old);

    /// <summary>Finds where to go on after a fault at an instruction of this class.</summary>
    /// <returns>False if the instruction is not one of these: the kernel itself is at fault.</returns>
    static abstract bool TryFindFixup(ulong instruction, out ulong fixup);
}

// Copies to and from a program's memory through the software MMU, with page faults as on a processor: the kernel's handler
// resolves them, or sends the copy to its fixup, or says that nobody can.
namespace Commence.Arch.Hosted;

/// <inheritdoc cref="IUserCopy"/>
public readonly unsafe struct HostedUserCopy : IUserCopy
{
    // What stands in for the addresses of the copying instruction and of its fixup.
    private const ulong CopyInstruction = 0x1000;
    private const ulong Fixup = 0x2000;

    /// <inheritdoc/>
    public static int CopyIn(Span<byte> destination, UserAddr source)
    {
        int done = 0;
        while (done < destination.Length)
        {
            if (!TryReach(source.Value + (ulong)done, FaultAccess.Read, destination.Length - done, out Span<byte> piece))
                break;
            piece.CopyTo(destination[done..]);
            done += piece.Length;
        }

        return destination.Length - done;
    }

    /// <inheritdoc/>
    public static int CopyOut(UserAddr destination, ReadOnlySpan<byte> source)
    {
        int done = 0;
        while (done < source.Length)
        {
            if (!TryReach(destination.Value + (ulong)done, FaultAccess.Write, source.Length - done, out Span<byte> piece))
                break;
            source.Slice(done, piece.Length).CopyTo(piece);
            done += piece.Length;
        }

        return source.Length - done;
    }

    /// <inheritdoc/>
    public static ulong Clear(UserAddr destination, ulong lengthBytes)
    {
        ulong done = 0;
        while (done < lengthBytes)
        {
            int wanted = (int)Math.Min(lengthBytes - done, Limits.PageSizeBytes);
            if (!TryReach(destination.Value + done, FaultAccess.Write, wanted, out Span<byte> piece))
                break;
            piece.Clear();
            done += (ulong)piece.Length;
        }

        return lengthBytes - done;
    }

    /// <inheritdoc/>
    public static int CopyStringIn(Span<byte> destination, UserAddr source)
    {
        int done = 0;
        while (done < destination.Length)
        {
            if (!TryReach(source.Value + (ulong)done, FaultAccess.Read, destination.Length - done, out Span<byte> piece))
                return -1;

            int end = piece.IndexOf((byte)0);
            if (end >= 0)
                piece = piece[..(end + 1)];
            piece.CopyTo(destination[done..]);
            if (end >= 0)
                return done + end;
            done += piece.Length;
        }

        return destination.Length;
    }

    /// <inheritdoc/>
    public static bool TryCompareExchange(UserAddr address, uint expected, uint replacement, out uint old)
    {
        old = 0;
        if (!TryReach(address.Value, FaultAccess.Write, sizeof(uint), out Span<byte> bytes))
            return false;

        // SAFETY: an aligned word does not leave its page.
        fixed (byte* word = bytes)
            old = Interlocked.CompareExchange(ref *(uint*)word, replacement, expected);
        return true;
    }

    /// <inheritdoc/>
    public static bool TryFindFixup(ulong instruction, out ulong fixup)
    {
        fixup = Fixup;
        return instruction == CopyInstruction;
    }

    // The bytes from an address up to the end of its page, or fewer. False after a fault that nobody resolved.
    private static bool TryReach(ulong address, FaultAccess access, int lengthMax, out Span<byte> bytes)
    {
        byte* host;
        while (!HostedThread.Processor.Mmu.TryTranslate(address, access, out host, out FaultAccess fault))
        {
            if (!TryResolve(address, fault))
            {
                bytes = default;
                return false;
            }
        }

        int left = Limits.PageSizeBytes - (int)(address & (Limits.PageSizeBytes - 1));
        // SAFETY: the page is host memory as a whole, and the piece ends with it.
        bytes = new Span<byte>(host, Math.Min(left, lengthMax));
        return true;
    }

    private static bool TryResolve(ulong address, FaultAccess fault)
    {
        TrapFrame frame = new() { InstructionPointer = CopyInstruction, HadInterruptsEnabled = LocalInterrupts.AreEnabled };
        IrqFlags flags = LocalInterrupts.Save();
        bool isResolved = TrapSink.Instance?.OnPageFault(ref frame, new VirtAddr(address), fault) ?? false;
        LocalInterrupts.Restore(flags);
        return isResolved && frame.InstructionPointer == CopyInstruction;
    }
}

// User memory through UserCopy.S, and its table of instructions that may fault.
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Commence.Arch.X64;

/// <summary>Copies between user and kernel memory.</summary>
public readonly unsafe struct X64UserCopy : IUserCopy
{
    private const ulong Cr4Smap = 1 << 21; // SDM Vol 3A §2.5, Control Registers

    /// <inheritdoc/>
    public static int CopyIn(Span<byte> destination, UserAddr source)
    {
        // SAFETY: the span is writable for its length; the user side may fault, which the stub survives.
        fixed (byte* to = destination)
            return (int)Copy(to, (byte*)source.Value, (ulong)destination.Length);
    }

    /// <inheritdoc/>
    public static int CopyOut(UserAddr destination, ReadOnlySpan<byte> source)
    {
        // SAFETY: as in CopyIn, with the sides exchanged.
        fixed (byte* from = source)
            return (int)Copy((byte*)destination.Value, from, (ulong)source.Length);
    }

    /// <inheritdoc/>
    public static ulong Clear(UserAddr destination, ulong lengthBytes) => ClearBytes((byte*)destination.Value, lengthBytes);

    /// <inheritdoc/>
    public static int CopyStringIn(Span<byte> destination, UserAddr source)
    {
        // SAFETY: the stub writes at most the span's length.
        fixed (byte* to = destination)
            return (int)CopyString(to, (byte*)source.Value, (ulong)destination.Length);
    }

    /// <inheritdoc/>
    public static bool TryCompareExchange(UserAddr address, uint expected, uint replacement, out uint old)
    {
        // SAFETY: the old value goes to a local of the caller; the user side may fault.
        fixed (uint* found = &old)
            return CompareExchange((uint*)address.Value, expected, replacement, found) != 0;
    }

    /// <inheritdoc/>
    public static bool TryFindFixup(ulong instruction, out ulong fixup)
    {
        // SAFETY: the linker put whole rows of two words between the two symbols, in read-only data.
        int* end = (int*)TableEnd();
        for (int* row = (int*)TableStart(); row < end; row += 2)
        {
            if ((ulong)((byte*)row + row[0]) != instruction)
                continue;
            fixup = (ulong)((byte*)(row + 1) + row[1]);
            return true;
        }

        fixup = 0;
        return false;
    }

    /// <summary>Turns supervisor-mode access prevention on, if the processor has it: only the stubs reach user memory then.</summary>
    /// <remarks>Context: early boot, AP call-in; each processor. Every entry to the kernel must clear RFLAGS.AC first.</remarks>
    public static void EnableSmap()
    {
        if (!X64CpuId.HasSmap)
            return;
        GuardUserAccess();
        X64Instructions.WriteCr4(X64Instructions.ReadCr4() | Cr4Smap);
    }

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_user_copy")]
    private static extern ulong Copy(byte* to, byte* from, ulong bytes);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_user_clear")]
    private static extern ulong ClearBytes(byte* to, ulong bytes);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_user_string")]
    private static extern long CopyString(byte* to, byte* from, ulong room);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_user_compare_exchange")]
    private static extern ulong CompareExchange(uint* address, uint expected, uint replacement, uint* old);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_guard_user_access")]
    private static extern void GuardUserAccess();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_ex_table_start")]
    private static extern nint TableStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_ex_table_end")]
    private static extern nint TableEnd();
}

// User memory through UserCopy.S, and its table of instructions that may fault.
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Commence.Arch.X64;

/// <summary>Copies between user and kernel memory.</summary>
public readonly struct X64UserCopy : IUserCopy
{
    private const ulong Cr4Smap = 1 << 21; // SDM Vol 3A §2.5, Control Registers

    /// <inheritdoc/>
    public static int CopyIn(Span<byte> destination, UserAddr source) =>
        (int)CopyFromUser(ref MemoryMarshal.GetReference(destination), source, (ulong)destination.Length);

    /// <inheritdoc/>
    public static int CopyOut(UserAddr destination, ReadOnlySpan<byte> source) =>
        (int)CopyToUser(destination, in MemoryMarshal.GetReference(source), (ulong)source.Length);

    /// <inheritdoc/>
    public static ulong Clear(UserAddr destination, ulong lengthBytes) => ClearBytes(destination, lengthBytes);

    /// <inheritdoc/>
    public static int CopyStringIn(Span<byte> destination, UserAddr source) =>
        (int)CopyString(ref MemoryMarshal.GetReference(destination), source, (ulong)destination.Length);

    /// <inheritdoc/>
    public static bool TryCompareExchange(UserAddr address, uint expected, uint replacement, out uint old) =>
        CompareExchange(address, expected, replacement, out old) != 0;

    /// <inheritdoc/>
    public static bool TryFindFixup(ulong instruction, out ulong fixup)
    {
        // Each row holds two distances, from the word itself to what it names.
        ReadOnlySpan<int> table = Table;
        ulong start = X64Memory.AddressOf(in MemoryMarshal.GetReference(table)).Value;
        for (int i = 0; i < table.Length - 1; i += 2)
        {
            ulong at = start + ((ulong)i * sizeof(int));
            if (at + (ulong)table[i] != instruction)
                continue;
            fixup = at + sizeof(int) + (ulong)table[i + 1];
            return true;
        }

        fixup = 0;
        return false;
    }

    private static ReadOnlySpan<int> Table
    {
        get
        {
            // SAFETY: the linker put whole rows between the two symbols, in read-only data.
            unsafe
            {
                return new ReadOnlySpan<int>((void*)TableStart(), (int)(TableEnd() - TableStart()) / sizeof(int));
            }
        }
    }

    /// <summary>Prepares for supervisor-mode access prevention: only the stubs reach user memory once CR4 has the bits returned.</summary>
    /// <remarks>Context: early boot, AP call-in; each processor. Every entry to the kernel must clear RFLAGS.AC first.</remarks>
    public static ulong PrepareSmap()
    {
        GuardUserAccess();
        return Cr4Smap;
    }

    // The user side may fault, which the stubs survive, wherever it points. They write to the kernel side no more than `bytes`.
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_user_copy_in")]
    private static extern ulong CopyFromUser(ref byte to, UserAddr from, ulong bytes);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_user_copy_out")]
    private static extern ulong CopyToUser(UserAddr to, ref readonly byte from, ulong bytes);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_user_clear")]
    private static extern ulong ClearBytes(UserAddr to, ulong bytes);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_user_string")]
    private static extern long CopyString(ref byte to, UserAddr from, ulong bytes);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_user_compare_exchange")]
    private static extern ulong CompareExchange(UserAddr address, uint expected, uint replacement, out uint old);

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

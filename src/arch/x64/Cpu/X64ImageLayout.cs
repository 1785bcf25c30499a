// The linker script's symbols in the words of the architecture contract.
using System;
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Commence.Arch.X64;

/// <summary>The kernel image in memory.</summary>
public readonly struct X64ImageLayout : IImageLayout
{
    private const ulong BootStackBytes = 16 * 1024; // Entry.S

    /// <inheritdoc/>
    public static VirtAddr TextStart => new(X64Memory.TextStart);

    /// <inheritdoc/>
    public static VirtAddr TextEnd => new(X64Memory.TextEnd);

    /// <inheritdoc/>
    public static VirtAddr ConstantsStart => new(X64Memory.RodataStart);

    /// <inheritdoc/>
    public static VirtAddr ConstantsEnd => new(X64Memory.RodataEnd);

    /// <inheritdoc/>
    public static VirtAddr DataStart => new(X64Memory.DataStart);

    /// <inheritdoc/>
    public static VirtAddr DataEnd => new(X64Memory.KernelEnd);

    /// <inheritdoc/>
    public static VirtAddr ZeroedStart => new(X64Memory.BssStart);

    /// <inheritdoc/>
    public static VirtAddr InitStart => new(X64Memory.InitStart);

    /// <inheritdoc/>
    public static VirtAddr InitEnd => new(X64Memory.InitEnd);

    /// <inheritdoc/>
    public static PhysAddr LoadStart => new(X64Memory.KernelStart - X64Memory.KernelBase);

    /// <inheritdoc/>
    public static PhysAddr LoadEnd => new(X64Memory.KernelEnd - X64Memory.KernelBase);

    /// <inheritdoc/>
    public static PhysAddr EntryStart => new(X64Memory.BootStart);

    /// <inheritdoc/>
    public static PhysAddr EntryEnd => new((X64Memory.BootEnd + 4095) & ~4095ul);

    /// <inheritdoc/>
    public static PhysAddr EarlyMappedEnd => new(X64Memory.BootDirectMapBytes);

    /// <inheritdoc/>
    public static VirtAddr BootStackStart => new(X64Memory.BootStackTop - BootStackBytes);

    /// <inheritdoc/>
    public static VirtAddr BootStackTop => new(X64Memory.BootStackTop);

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> SymbolTable
    {
        get
        {
            // SAFETY: the linker's bounds of a section of the image, which stays mapped and is never written.
            unsafe
            {
                return new ReadOnlySpan<byte>((void*)GetSymbolTableStart(), (int)(GetSymbolTableEnd() - GetSymbolTableStart()));
            }
        }
    }

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_ksymtab_start")]
    private static extern nint GetSymbolTableStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_ksymtab_end")]
    private static extern nint GetSymbolTableEnd();
}

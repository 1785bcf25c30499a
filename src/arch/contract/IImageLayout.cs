// Where the kernel's own code and data lie: the linker's word.
using System;

namespace Commence.Arch;

/// <summary>The kernel image in memory. All bounds are page aligned; ends are exclusive.</summary>
public interface IImageLayout
{
    /// <summary>Machine code: mapped readable and executable.</summary>
    static abstract VirtAddr TextStart { get; }

    static abstract VirtAddr TextEnd { get; }

    /// <summary>Constants: mapped readable.</summary>
    static abstract VirtAddr ConstantsStart { get; }

    static abstract VirtAddr ConstantsEnd { get; }

    /// <summary>Variables: mapped readable and writable.</summary>
    static abstract VirtAddr DataStart { get; }

    static abstract VirtAddr DataEnd { get; }

    /// <summary>Start of the variables that begin as zero: they go on to <see cref="DataEnd"/>.</summary>
    static abstract VirtAddr ZeroedStart { get; }

    /// <summary>Among those, pages that nothing needs once all processors have started or have failed to.</summary>
    static abstract VirtAddr InitStart { get; }

    static abstract VirtAddr InitEnd { get; }

    /// <summary>First byte of the image in physical memory; it lies there in one piece.</summary>
    static abstract PhysAddr LoadStart { get; }

    static abstract PhysAddr LoadEnd { get; }

    /// <summary>Code that runs before paging, free after boot.</summary>
    static abstract PhysAddr EntryStart { get; }

    static abstract PhysAddr EntryEnd { get; }

    /// <summary>End of what the page tables of early boot map one to one in the direct map.</summary>
    static abstract PhysAddr EarlyMappedEnd { get; }

    /// <summary>Lowest byte of the stack on which the boot processor starts; the page below is not mapped once the final page tables are in use.</summary>
    static abstract VirtAddr BootStackStart { get; }

    static abstract VirtAddr BootStackTop { get; }

    /// <summary>The table of methods and lines that the build links into the image (SymbolTable reads it); empty if there is none.</summary>
    static abstract ReadOnlySpan<byte> SymbolTable { get; }
}

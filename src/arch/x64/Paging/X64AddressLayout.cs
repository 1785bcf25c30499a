// The map of the virtual address space on x86-64, 48 bits.
//
//   0000000000010000 – 00007FFFFFFFEFFF  programs. The last page below the hole stays free: a SYSCALL at its end would
//                                        return to a non-canonical address (SDM Vol 2B, SYSRET)
//   FFFF888000000000 – FFFFC87FFFFFFFFF  direct map of all memory, 64 TiB
//   FFFFC90000000000 – FFFFC97FFFFFFFFF  kernel stacks and mapped buffers: one top-level entry, 512 GiB
//   FFFFFFFF80000000 – FFFFFFFFFFFFFFFF  kernel image
namespace Commence.Arch.X64;

/// <summary>Where things lie.</summary>
public readonly struct X64AddressLayout : IAddressLayout
{
    /// <inheritdoc/>
    public static UserAddr UserStart => new(0x1_0000);

    /// <inheritdoc/>
    public static UserAddr UserEnd => new(0x7FFF_FFFF_F000);

    /// <inheritdoc/>
    public static VirtAddr DirectMapStart => new(X64Memory.DirectMapBase);

    /// <inheritdoc/>
    public static VirtAddr VmallocStart => new(0xFFFF_C900_0000_0000);

    /// <inheritdoc/>
    public static VirtAddr VmallocEnd => new(0xFFFF_C980_0000_0000);

    /// <inheritdoc/>
    public static VirtAddr ImageStart => new(X64Memory.KernelBase);
}

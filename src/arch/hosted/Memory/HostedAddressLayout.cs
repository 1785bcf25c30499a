// The host's map of the virtual address space: user space as on x64, and the direct map where the host's memory is.
namespace Commence.Arch.Hosted;

/// <inheritdoc cref="IAddressLayout"/>
public readonly struct HostedAddressLayout : IAddressLayout
{
    /// <inheritdoc/>
    public static UserAddr UserStart => new(0x1_0000);

    /// <inheritdoc/>
    public static UserAddr UserEnd => new(0x0000_7FFF_FFFF_F000);

    /// <inheritdoc/>
    public static unsafe VirtAddr DirectMapStart => new((ulong)HostedMemory.Start);

    /// <inheritdoc/>
    /// <remarks>Nothing is mapped there: page tables say where, but only HostedMmu reads them.</remarks>
    public static VirtAddr VmallocStart => new(0xFFFF_C900_0000_0000);

    /// <inheritdoc/>
    public static VirtAddr VmallocEnd => new(0xFFFF_E900_0000_0000);

    /// <inheritdoc/>
    public static VirtAddr ImageStart => new(0xFFFF_FFFF_8000_0000);
}

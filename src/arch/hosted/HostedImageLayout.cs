// There is no image on the host: every bound is 0, and each of its parts is empty.
using System;

namespace Commence.Arch.Hosted;

/// <inheritdoc cref="IImageLayout"/>
public readonly struct HostedImageLayout : IImageLayout
{
    /// <inheritdoc/>
    public static VirtAddr TextStart => default;

    /// <inheritdoc/>
    public static VirtAddr TextEnd => default;

    /// <inheritdoc/>
    public static VirtAddr ConstantsStart => default;

    /// <inheritdoc/>
    public static VirtAddr ConstantsEnd => default;

    /// <inheritdoc/>
    public static VirtAddr DataStart => default;

    /// <inheritdoc/>
    public static VirtAddr DataEnd => default;

    /// <inheritdoc/>
    public static VirtAddr ZeroedStart => default;

    /// <inheritdoc/>
    public static VirtAddr InitStart => default;

    /// <inheritdoc/>
    public static VirtAddr InitEnd => default;

    /// <inheritdoc/>
    public static PhysAddr LoadStart => default;

    /// <inheritdoc/>
    public static PhysAddr LoadEnd => default;

    /// <inheritdoc/>
    public static PhysAddr EntryStart => default;

    /// <inheritdoc/>
    public static PhysAddr EntryEnd => default;

    /// <inheritdoc/>
    public static PhysAddr EarlyMappedEnd => new((ulong)HostedMemory.SizeBytes);

    /// <inheritdoc/>
    public static VirtAddr BootStackStart => default;

    /// <inheritdoc/>
    public static VirtAddr BootStackTop => default;

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> SymbolTable => default;
}

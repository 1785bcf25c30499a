// What a program would be told of the host.
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Commence.Firmware.Elf;
using Commence.Lib;

namespace Commence.Arch.Hosted;

/// <inheritdoc cref="IUserAbi"/>
public readonly struct HostedUserAbi : IUserAbi
{
    /// <inheritdoc/>
    public static ElfMachine Machine => ElfMachine.X64;

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> MachineName => "x86_64"u8;

    /// <inheritdoc/>
    public static ulong HardwareCapabilities => 0;

    /// <inheritdoc/>
    public static ulong HardwareCapabilities2 => 0;

    /// <inheritdoc/>
    public static bool TryReadRandom(out ulong value)
    {
        value = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref value)));
        return true;
    }
}

// What a program is told of the machine.
//
// Source: SDM Vol 2A, CPUID (leaf 1) and RDRAND.
using Commence.Firmware.Elf;

namespace Commence.Arch.X64;

/// <summary>The user ABI of x86-64.</summary>
public readonly struct X64UserAbi : IUserAbi
{
    private const int RandomTriesMax = 10; // SDM Vol 1 §7.3.17.1, RDRAND: ten tries, then it is broken

    /// <inheritdoc/>
    public static ElfMachine Machine => ElfMachine.X64;

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> MachineName => "x86_64"u8;

    /// <inheritdoc/>
    public static ulong HardwareCapabilities => X64CpuId.Read(1).Edx;

    /// <inheritdoc/>
    /// <remarks>Bit 1 would say that FSGSBASE is usable in user mode; it is not enabled.</remarks>
    public static ulong HardwareCapabilities2 => 0;

    /// <inheritdoc/>
    public static bool TryReadRandom(out ulong value)
    {
        value = 0;
        if (!X64CpuId.HasRdrand)
            return false;

        for (int i = 0; i < RandomTriesMax; i++)
        {
            if (X64Instructions.ReadRandom(out value) != 0)
                return true;
        }

        return false;
    }
}

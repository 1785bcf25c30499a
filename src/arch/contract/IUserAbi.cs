// What a program is told of the machine that it runs on.
using Commence.Firmware.Elf;

namespace Commence.Arch;

/// <summary>The user ABI of an architecture.</summary>
public interface IUserAbi
{
    /// <summary>The processor that programs must be for.</summary>
    static abstract ElfMachine Machine { get; }

    /// <summary>Its name, as AT_PLATFORM and <c>uname -m</c> give it.</summary>
    static abstract ReadOnlySpan<byte> MachineName { get; }

    /// <summary>AT_HWCAP (x64: CPUID leaf 1, EDX).</summary>
    static abstract ulong HardwareCapabilities { get; }

    /// <summary>AT_HWCAP2.</summary>
    static abstract ulong HardwareCapabilities2 { get; }

    /// <summary>A number from the processor's own random generator.</summary>
    /// <returns>False if it has none, or if that has nothing to give just now.</returns>
    /// <remarks>Context: any.</remarks>
    static abstract bool TryReadRandom(out ulong value);
}

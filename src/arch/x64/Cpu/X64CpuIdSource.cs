// CPUID itself, for decoders that do not care where leaves come from.
using Commence.Firmware.X86;

namespace Commence.Arch.X64;

/// <summary>The leaves of the processor that runs the caller.</summary>
internal readonly struct X64CpuIdSource : ICpuIdSource
{
    private const uint ExtendedFirst = 0x8000_0000;

    private readonly uint _highest;
    private readonly uint _highestExtended;

    private X64CpuIdSource(uint highest, uint highestExtended)
    {
        _highest = highest;
        _highestExtended = highestExtended;
    }

    /// <summary>Asks once how far the leaves go: beyond, processors answer with whatever their last leaf says.</summary>
    internal static X64CpuIdSource Open()
    {
        X64Instructions.CpuId(0, 0, out X64CpuId.Leaf basic);
        X64Instructions.CpuId(ExtendedFirst, 0, out X64CpuId.Leaf extended);
        return new X64CpuIdSource(basic.Eax, extended.Eax);
    }

    /// <inheritdoc/>
    public CpuIdLeaf Read(uint leaf, uint subleaf)
    {
        if (leaf > (leaf >= ExtendedFirst ? _highestExtended : _highest))
            return default;
        X64Instructions.CpuId(leaf, subleaf, out X64CpuId.Leaf registers);
        return new CpuIdLeaf { Eax = registers.Eax, Ebx = registers.Ebx, Ecx = registers.Ecx, Edx = registers.Edx };
    }
}

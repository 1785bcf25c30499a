// The rate of the time-stamp counter where the processor or the hypervisor tells it, so that nobody need measure it.
using Commence.Firmware.Cpus;

namespace Commence.Arch.X64;

/// <summary>Rates from CPUID.</summary>
internal static class X64CycleRate
{
    private const uint RatioLeaf = 0x15;
    private const uint FrequencyLeaf = 0x16;
    private const uint HypervisorLeaf = 0x4000_0000;
    private const uint HypervisorRateLeaf = 0x4000_0010;

    /// <summary>Finds the rate.</summary>
    /// <param name="hertz">The rate.</param>
    /// <param name="source">Who says so.</param>
    /// <returns>False if nobody does.</returns>
    internal static bool TryRead(out ulong hertz, out ReadOnlySpan<byte> source)
    {
        // The hypervisor first: it knows whether it scales the counter.
        source = "hypervisor"u8;
        bool hasHypervisorLeaf = X64CpuId.HasHypervisor && X64CpuId.Read(HypervisorLeaf).Eax is >= HypervisorRateLeaf and < HypervisorLeaf + 0x1_0000;
        if (hasHypervisorLeaf && CpuIdRates.TryFromHypervisor(X64CpuId.Read(HypervisorRateLeaf).Eax, out hertz))
            return true;

        source = "CPUID"u8;
        hertz = 0;
        if (X64CpuId.HighestLeaf < RatioLeaf)
            return false;
        X64CpuId.Leaf ratio = X64CpuId.Read(RatioLeaf);
        uint baseMegahertz = X64CpuId.HighestLeaf >= FrequencyLeaf ? X64CpuId.Read(FrequencyLeaf).Eax : 0;
        return CpuIdRates.TryFromRatio(ratio.Eax, ratio.Ebx, ratio.Ecx, baseMegahertz, out hertz);
    }
}

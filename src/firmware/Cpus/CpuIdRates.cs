// What a processor or its hypervisor says of the rate of the time-stamp counter.
//
// Sources: SDM Vol 2A, CPUID, leaves 15H "Time Stamp Counter and Nominal Core Crystal Clock" and 16H "Processor Frequency";
// SDM Vol 3B §18.7.3 "Determining the Processor Base Frequency"; hypervisor leaf 40000010H as VMware defined it and KVM and
// others follow: EAX is the counter's rate in kHz, EBX that of the local APIC timer.
namespace Commence.Firmware.Cpus;

/// <summary>Rates from CPUID leaves; hostile like any firmware's word.</summary>
public static class CpuIdRates
{
    private const ulong HertzMin = 1_000_000;
    private const ulong HertzMax = 100_000_000_000;

    /// <summary>The rate by leaf 15H: numerator / denominator times the crystal; where the crystal is not told, as leaf 16H has it.</summary>
    /// <param name="denominator">Leaf 15H, EAX.</param>
    /// <param name="numerator">Leaf 15H, EBX.</param>
    /// <param name="crystalHz">Leaf 15H, ECX.</param>
    /// <param name="baseMegahertz">Leaf 16H, EAX bits 0–15; 0 without that leaf.</param>
    /// <param name="hertz">The rate.</param>
    /// <returns>False if the leaves say nothing, or nothing that can be.</returns>
    public static bool TryFromRatio(uint denominator, uint numerator, uint crystalHz, uint baseMegahertz, out ulong hertz)
    {
        hertz = 0;
        if (denominator == 0 || numerator == 0)
            return false;

        // 32 times 32 bits: no overflow.
        hertz = crystalHz != 0 ? (ulong)crystalHz * numerator / denominator : (ulong)(ushort)baseMegahertz * 1_000_000;
        return IsPossible(ref hertz);
    }

    /// <summary>The rate by a hypervisor's leaf 40000010H.</summary>
    /// <param name="kilohertz">EAX.</param>
    /// <param name="hertz">The rate.</param>
    /// <returns>False if it says nothing, or nothing that can be.</returns>
    public static bool TryFromHypervisor(uint kilohertz, out ulong hertz)
    {
        hertz = (ulong)kilohertz * 1000;
        return IsPossible(ref hertz);
    }

    private static bool IsPossible(ref ulong hertz)
    {
        if (hertz is >= HertzMin and <= HertzMax)
            return true;
        hertz = 0;
        return false;
    }
}

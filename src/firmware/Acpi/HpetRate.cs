namespace Commence.Firmware.Acpi;

/// <summary>The rate of a high precision event timer, which it gives as the length of a count.</summary>
public static class HpetRate
{
    private const ulong FemtosecondsPerSecond = 1_000_000_000_000_000;
    private const uint PeriodMax = 0x05F5_E100; // 100 ns: it must count at 10 MHz or faster
    private const uint PeriodMin = 10_000;      // 10 ps: 100 GHz, beyond what any clock is

    /// <summary>Gives the counts in a second, rounded to the nearest.</summary>
    /// <param name="femtoseconds">Length of a count: the upper half of the capabilities register.</param>
    /// <param name="hertz">The rate.</param>
    /// <returns>False if the length is none that the specification allows.</returns>
    /// <remarks>Source: IA-PC HPET Specification 1.0a §2.3.4 "General Capabilities and ID Register".</remarks>
    public static bool TryFromPeriod(uint femtoseconds, out ulong hertz)
    {
        hertz = 0;
        if (femtoseconds is < PeriodMin or > PeriodMax)
            return false;
        hertz = (FemtosecondsPerSecond + (femtoseconds / 2)) / femtoseconds;
        return true;
    }
}

// From a counter's cycles to nanoseconds without a division: ns = cycles * Multiplier / 2^Shift.
//
// The multiplier has 31 significant bits or more and is rounded, so the error is below 2^-32: 8 ms in a year, less than any
// quartz is off. The product is taken in two halves, so that nothing overflows before the result does.
namespace Commence.Time;

/// <summary>The speed of a counter.</summary>
public readonly struct CycleScale
{
    private const int HalfBits = 32;

    private readonly ulong _multiplier; // below 2^32
    private readonly int _shift;

    private CycleScale(ulong multiplier, int shift)
    {
        _multiplier = multiplier;
        _shift = shift;
    }

    /// <summary>Whether a speed is known; default(CycleScale) gives 0 for any count.</summary>
    public bool IsSet => _multiplier != 0;

    /// <summary>The scale of a counter that counts so often per second.</summary>
    /// <param name="cyclesPerSecond">From 1 kHz to 100 GHz: beyond that, firmware or a measurement is wrong.</param>
    public static CycleScale FromFrequency(ulong cyclesPerSecond)
    {
        Bug.On(cyclesPerSecond is < 1_000 or > 100_000_000_000);

        // The greatest shift for which 10^9 * 2^shift / frequency stays below 2^32, and the product below 2^63.
        ulong scaled = Nanoseconds.PerSecond;
        int shift = 0;
        while (scaled >> 62 == 0 && (scaled << 1) / cyclesPerSecond < uint.MaxValue)
        {
            scaled <<= 1;
            shift++;
        }

        return new CycleScale((scaled + (cyclesPerSecond / 2)) / cyclesPerSecond, shift);
    }

    /// <summary>How long so many cycles take, rounded down.</summary>
    public ulong ToNanoseconds(ulong cycles)
    {
        // cycles = high * 2^32 + low, and each half times the multiplier fits 64 bits.
        ulong high = (cycles >> HalfBits) * _multiplier;
        ulong low = (uint)cycles * _multiplier;
        if (_shift <= HalfBits)
            return (high << (HalfBits - _shift)) + (low >> _shift);
        return (high + (low >> HalfBits)) >> (_shift - HalfBits);
    }
}

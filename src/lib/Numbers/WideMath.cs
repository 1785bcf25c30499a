// Products of two 64-bit numbers, kept whole until they are divided or shifted: what clocks convert with.
//
// Source: long division in base 2^32, Knuth, TAOCP vol. 2 §4.3.1, Algorithm D.
using System;
using System.Numerics;

namespace Commence.Lib;

/// <summary>128-bit intermediate results.</summary>
public static class WideMath
{
    /// <summary><paramref name="value"/> * <paramref name="multiplier"/> / <paramref name="divisor"/>, rounded down.</summary>
    /// <remarks>Fails: misuse if the divisor is 0 or the quotient does not fit in 64 bits.</remarks>
    public static ulong MulDiv(ulong value, ulong multiplier, ulong divisor)
    {
        ulong high = Math.BigMul(value, multiplier, out ulong low);
        Misuse.On(high >= divisor);
        return high == 0 ? low / divisor : Divide(high, low, divisor);
    }

    /// <summary>(<paramref name="value"/> * <paramref name="multiplier"/>) &gt;&gt; <paramref name="shift"/>, 0 to 63 places.</summary>
    /// <remarks>What does not fit in 64 bits is lost at the upper end.</remarks>
    public static ulong MulShift(ulong value, ulong multiplier, int shift)
    {
        ulong high = Math.BigMul(value, multiplier, out ulong low);
        return shift == 0 ? low : (high << (64 - shift)) | (low >> shift);
    }

    // Two digits of the quotient, each guessed from the divisor's upper half and then corrected at most twice. Shifting
    // the divisor's highest bit to the top makes the guess that good.
    private static ulong Divide(ulong high, ulong low, ulong divisor)
    {
        int shift = BitOperations.LeadingZeroCount(divisor);
        ulong d = divisor << shift;
        ulong upper = shift == 0 ? high : (high << shift) | (low >> (64 - shift));
        ulong lower = low << shift;

        ulong first = DivideDigit(upper, (uint)(lower >> 32), d, out ulong remainder);
        ulong second = DivideDigit(remainder, (uint)lower, d, out _);
        return (first << 32) | second;
    }

    // Divides the 96-bit number (upper, digit) by d; the quotient is one digit, since upper < d.
    private static ulong DivideDigit(ulong upper, uint digit, ulong d, out ulong remainder)
    {
        ulong dHigh = d >> 32;
        ulong dLow = (uint)d;
        ulong guess = upper / dHigh;
        ulong rest = upper % dHigh;
        while (guess > uint.MaxValue || guess * dLow > ((rest << 32) | digit))
        {
            guess--;
            rest += dHigh;
            if (rest > uint.MaxValue)
                break;
        }

        remainder = (upper << 32) + digit - (guess * d); // modulo 2^64, like the true remainder
        return guess;
    }
}

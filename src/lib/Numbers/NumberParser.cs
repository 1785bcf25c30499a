// Numbers in text that somebody else wrote: kernel parameters and files of /proc.
using System;

namespace Commence.Lib;

/// <summary>Reads unsigned numbers.</summary>
public static class NumberParser
{
    /// <summary>Reads a whole text as a number: decimal, hexadecimal after <c>0x</c>, octal after <c>0</c>
    /// (Linux: <c>kstrtoull</c> with base 0).</summary>
    /// <returns>False if it is empty, has other characters, or does not fit.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out ulong value) =>
        Scan(text, out value, out ReadOnlySpan<byte> rest) && rest.IsEmpty;

    /// <summary>Reads a whole text as an amount: a number with K, M, G or T behind it for powers of 1024
    /// (Linux: <c>memparse</c>).</summary>
    /// <returns>False if it is empty, has other characters, or does not fit.</returns>
    public static bool TryParseSize(ReadOnlySpan<byte> text, out ulong sizeBytes)
    {
        return TryTakeSize(ref text, out sizeBytes) && text.IsEmpty;
    }

    /// <summary>Reads an amount at the start of a text.</summary>
    /// <param name="text">Afterwards what stands behind it.</param>
    /// <param name="sizeBytes">The amount.</param>
    /// <returns>False if none stands there or it does not fit.</returns>
    public static bool TryTakeSize(ref ReadOnlySpan<byte> text, out ulong sizeBytes)
    {
        if (!Scan(text, out sizeBytes, out ReadOnlySpan<byte> rest))
            return false;

        int shift = rest.IsEmpty ? 0 : (rest[0] | 0x20) switch
        {
            'k' => 10,
            'm' => 20,
            'g' => 30,
            't' => 40,
            _ => 0,
        };
        if (sizeBytes > ulong.MaxValue >> shift)
            return false;

        sizeBytes <<= shift;
        text = shift == 0 ? rest : rest[1..];
        return true;
    }

    // Reads digits as far as they go. False if there is none, or if the number does not fit.
    private static bool Scan(ReadOnlySpan<byte> text, out ulong value, out ReadOnlySpan<byte> rest)
    {
        bool isHex = text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
        uint numberBase = isHex ? 16u : text.Length > 1 && text[0] == '0' ? 8u : 10u;
        int start = isHex ? 2 : 0;
        int at = start;
        value = 0;
        while (at < text.Length && Digit(text[at]) < numberBase)
        {
            uint digit = Digit(text[at++]);
            if (value > (ulong.MaxValue - digit) / numberBase)
            {
                rest = text;
                return false;
            }

            value = (value * numberBase) + digit;
        }

        rest = text[at..];
        return at > start;
    }

    private static uint Digit(byte character) => character switch
    {
        >= (byte)'0' and <= (byte)'9' => (uint)(character - '0'),
        >= (byte)'a' and <= (byte)'f' => (uint)(character - 'a' + 10),
        >= (byte)'A' and <= (byte)'F' => (uint)(character - 'A' + 10),
        _ => uint.MaxValue,
    };
}

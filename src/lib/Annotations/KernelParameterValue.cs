// How the values of kernel parameters are written. The generated setters read them with these.
//
// Source: Linux Documentation/admin-guide/kernel-parameters.rst. Numbers as kstrtoll with base 0 reads them, amounts as memparse;
// unlike there, what stands behind a number makes it invalid instead of being ignored.
using System;
using Commence.Lib;

namespace Commence;

/// <summary>Reads names and values of kernel parameters.</summary>
/// <remarks>Context: any. Takes any bytes.</remarks>
public static class KernelParameterValue
{
    /// <summary>Whether two names, or a value and the name of a choice, are the same: dashes and underscores are equal.</summary>
    public static bool IsName(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        if (text.Length != name.Length)
            return false;

        for (int i = 0; i < text.Length; i++)
        {
            if (WithUnderscore(text[i]) != WithUnderscore(name[i]))
                return false;
        }

        return true;
    }

    /// <summary>Reads on or off; the name alone means on (Linux: <c>kstrtobool</c>).</summary>
    public static bool TryReadFlag(ReadOnlySpan<byte> value, bool hasValue, out bool result)
    {
        result = !hasValue || IsOneOf(value, "1"u8, "y"u8, "on"u8, "yes"u8);
        return result || IsOneOf(value, "0"u8, "n"u8, "off"u8, "no"u8);
    }

    /// <summary>Reads a number of a signed type.</summary>
    public static bool TryReadSigned(ReadOnlySpan<byte> value, long min, long max, out long result)
    {
        bool isNegative = !value.IsEmpty && value[0] == '-';
        bool isNumber = NumberParser.TryParse(isNegative ? value[1..] : value, out ulong magnitude);
        ulong limit = isNegative ? 1ul << 63 : long.MaxValue;
        result = isNegative ? (long)(0 - magnitude) : (long)magnitude;
        return isNumber && magnitude <= limit && result >= min && result <= max;
    }

    /// <summary>Reads a number of an unsigned type.</summary>
    public static bool TryReadUnsigned(ReadOnlySpan<byte> value, ulong min, ulong max, out ulong result) =>
        NumberParser.TryParse(value, out result) && result >= min && result <= max;

    /// <summary>Reads an amount of memory: a number, with K, M, G or T behind it for powers of 1024.</summary>
    public static bool TryReadSize(ReadOnlySpan<byte> value, ulong min, ulong max, out ulong sizeBytes) =>
        NumberParser.TryParseSize(value, out sizeBytes) && sizeBytes >= min && sizeBytes <= max;

    private static bool IsOneOf(ReadOnlySpan<byte> value, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c, ReadOnlySpan<byte> d) =>
        value.SequenceEqual(a) || value.SequenceEqual(b) || value.SequenceEqual(c) || value.SequenceEqual(d);

    private static byte WithUnderscore(byte character) => character == '-' ? (byte)'_' : character;
}

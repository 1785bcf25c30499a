// The integers that a parameter takes: its type's, less what Min and Max exclude.
using System.Globalization;
using System.Numerics;
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.KernelParameters;

internal readonly struct NumberRange
{
    private NumberRange(BigInteger min, BigInteger max)
    {
        Min = min;
        Max = max;
    }

    public BigInteger Min { get; }

    public BigInteger Max { get; }

    public bool IsSigned => Min.Sign < 0;

    /// <summary>The values of an integer type; false for any other.</summary>
    /// <remarks><c>nint</c> and <c>nuint</c> are 64 bits wide on all our architectures.</remarks>
    public static bool TryOf(ITypeSymbol type, out NumberRange range)
    {
        (int bits, bool isSigned) = type.SpecialType switch
        {
            SpecialType.System_SByte => (8, true),
            SpecialType.System_Byte => (8, false),
            SpecialType.System_Int16 => (16, true),
            SpecialType.System_UInt16 => (16, false),
            SpecialType.System_Int32 => (32, true),
            SpecialType.System_UInt32 => (32, false),
            SpecialType.System_Int64 or SpecialType.System_IntPtr => (64, true),
            SpecialType.System_UInt64 or SpecialType.System_UIntPtr => (64, false),
            _ => (0, false),
        };
        BigInteger count = BigInteger.One << bits;
        range = isSigned ? new NumberRange(-(count >> 1), (count >> 1) - 1) : new NumberRange(0, count - 1);
        return bits != 0;
    }

    /// <summary>This range within bounds that may be given.</summary>
    /// <returns>What is wrong with them, or null.</returns>
    public string? Narrow(long? min, long? max, out NumberRange narrow)
    {
        narrow = new NumberRange(min ?? Min, max ?? Max);
        if (narrow.Min < Min || narrow.Min > Max)
            return $"Min = {min} does not fit in its type";
        if (narrow.Max < Min || narrow.Max > Max)
            return $"Max = {max} does not fit in its type";
        return narrow.Min > narrow.Max ? $"nothing lies between {narrow.Min} and {narrow.Max}" : null;
    }

    public bool Contains(BigInteger value) => value >= Min && value <= Max;

    /// <summary>A bound as C# writes it, in the type in which setters compare.</summary>
    public string Literal(BigInteger bound) =>
        bound == long.MinValue ? "long.MinValue" : bound.ToString(CultureInfo.InvariantCulture) + (IsSignedReading ? "L" : "UL");

    /// <summary>Whether setters read it as <c>long</c>: the whole range fits there.</summary>
    public bool IsSignedReading => IsSigned;

    public override string ToString() => $"{Min}..{Max}";
}

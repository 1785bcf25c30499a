// Integer helpers of System.Math. Floating point has none.
using System.Runtime.CompilerServices;

namespace System;

public static class Math
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Min(int a, int b) => a <= b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Min(uint a, uint b) => a <= b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Min(long a, long b) => a <= b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Min(ulong a, ulong b) => a <= b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint Min(nuint a, nuint b) => a <= b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Max(int a, int b) => a >= b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Max(uint a, uint b) => a >= b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Max(long a, long b) => a >= b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Max(ulong a, ulong b) => a >= b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint Max(nuint a, nuint b) => a >= b ? a : b;

    /// <summary>The absolute value; panics on the minimum, which has none.</summary>
    public static int Abs(int value) => value >= 0 ? value : checked(-value);

    /// <inheritdoc cref="Abs(int)"/>
    public static long Abs(long value) => value >= 0 ? value : checked(-value);

    /// <summary>The full 128-bit product of two 64-bit numbers.</summary>
    /// <returns>The high half; <paramref name="low"/> is the low half.</returns>
    public static ulong BigMul(ulong a, ulong b, out ulong low)
    {
        uint al = (uint)a;
        uint ah = (uint)(a >> 32);
        uint bl = (uint)b;
        uint bh = (uint)(b >> 32);

        ulong ll = (ulong)al * bl;
        ulong middle = ((ulong)ah * bl) + (ll >> 32);
        ulong cross = ((ulong)al * bh) + (uint)middle;

        low = (cross << 32) | (uint)ll;
        return ((ulong)ah * bh) + (middle >> 32) + (cross >> 32);
    }

    // The compiler requires these names for checked conversions; integer sources never reach them, and the kernel has
    // no floating point, so that a call is a programmer's error.
    internal static int ConvertToInt32Checked(double value) => Unreachable(value);

    internal static uint ConvertToUInt32Checked(double value) => (uint)Unreachable(value);

    internal static long ConvertToInt64Checked(double value) => Unreachable(value);

    internal static ulong ConvertToUInt64Checked(double value) => (ulong)Unreachable(value);

    private static int Unreachable(double value)
    {
        _ = value; // no integer conversion can come here
        Internal.Runtime.CompilerHelpers.ThrowHelpers.ThrowOverflowException();
        return 0;
    }
}

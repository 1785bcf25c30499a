// Loads and stores with acquire and release order, which the compiler neither merges nor moves.
//
// x64: a plain mov, since the processor already gives acquire and release; arm64: ldar and stlr.
using System.Runtime.CompilerServices;

namespace System.Threading;

public static class Volatile
{
    [Intrinsic]
    public static bool Read(ref readonly bool location) => Read(in location);

    [Intrinsic]
    public static byte Read(ref readonly byte location) => Read(in location);

    [Intrinsic]
    public static ushort Read(ref readonly ushort location) => Read(in location);

    [Intrinsic]
    public static int Read(ref readonly int location) => Read(in location);

    [Intrinsic]
    public static uint Read(ref readonly uint location) => Read(in location);

    [Intrinsic]
    public static long Read(ref readonly long location) => Read(in location);

    [Intrinsic]
    public static ulong Read(ref readonly ulong location) => Read(in location);

    [Intrinsic]
    public static nint Read(ref readonly nint location) => Read(in location);

    [Intrinsic]
    public static nuint Read(ref readonly nuint location) => Read(in location);

    [Intrinsic]
    public static T Read<T>(ref readonly T location)
        where T : class? => Read(in location);

    [Intrinsic]
    public static void Write(ref bool location, bool value) => Write(ref location, value);

    [Intrinsic]
    public static void Write(ref byte location, byte value) => Write(ref location, value);

    [Intrinsic]
    public static void Write(ref ushort location, ushort value) => Write(ref location, value);

    [Intrinsic]
    public static void Write(ref int location, int value) => Write(ref location, value);

    [Intrinsic]
    public static void Write(ref uint location, uint value) => Write(ref location, value);

    [Intrinsic]
    public static void Write(ref long location, long value) => Write(ref location, value);

    [Intrinsic]
    public static void Write(ref ulong location, ulong value) => Write(ref location, value);

    [Intrinsic]
    public static void Write(ref nint location, nint value) => Write(ref location, value);

    [Intrinsic]
    public static void Write(ref nuint location, nuint value) => Write(ref location, value);

    [Intrinsic]
    public static void Write<T>(ref T location, T value)
        where T : class? => Write(ref location, value);

    /// <summary>Loads before it stay before everything after it. x64: the compiler only.</summary>
    [Intrinsic]
    public static void ReadBarrier() => ReadBarrier();

    /// <summary>Everything before it stays before the stores after it. x64: the compiler only.</summary>
    [Intrinsic]
    public static void WriteBarrier() => WriteBarrier();
}

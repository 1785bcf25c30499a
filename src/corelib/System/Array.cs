// Arrays exist in the image as preinitialised tables only: the allocation helper for them is left out, so that `new T[n]`
// at run time does not link.
using System.Collections;
using System.Runtime.CompilerServices;

namespace System;

public abstract class Array : IEnumerable
{
#pragma warning disable CS0649, IDE0044 // laid out by the compiler
    internal int _numComponents;
#pragma warning restore CS0649, IDE0044

    public int Length
    {
        [Intrinsic]
        get => _numComponents;
    }

    IEnumerator IEnumerable.GetEnumerator() => null!; // the compiler's foreach over arrays never calls it
}

/// <summary>The compiler's template for one-dimensional arrays.</summary>
public class Array<T> : Array
{
}

/// <summary>Layout of an array as raw data; the compiler's helpers look it up by name.</summary>
internal sealed class RawArrayData
{
#pragma warning disable CS0649, CS0169, IDE0051, IDE0044
    public uint Length;
    public uint Padding;
    public byte Data;
#pragma warning restore CS0649, CS0169, IDE0051, IDE0044
}

internal sealed class RawData
{
#pragma warning disable CS0649
    public byte Data;
#pragma warning restore CS0649
}

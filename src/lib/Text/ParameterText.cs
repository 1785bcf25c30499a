// A text that came from the command line, kept where it outlives it.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Lib;

/// <summary>A kernel parameter whose value is a text: a path, a name.</summary>
/// <remarks>Written once in early boot; all-zero is "not given".</remarks>
public struct ParameterText : IKernelParameterValue
{
    /// <summary>Longer ones make no sense.</summary>
    public const int LengthMax = 255;

    [InlineArray(LengthMax)]
    private struct Buffer
    {
        private byte _first;
    }

    private Buffer _text;
    private byte _length;

    /// <summary>The parameter was on the command line.</summary>
    public bool IsGiven { get; private set; }

    /// <inheritdoc/>
    public bool TrySet(ReadOnlySpan<byte> value)
    {
        if (value.Length > LengthMax)
            return false;

        value.CopyTo(_text);
        _length = (byte)value.Length;
        IsGiven = true;
        return true;
    }

    /// <summary>The value; empty if it was not given.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Text => ((ReadOnlySpan<byte>)_text)[.._length];
}

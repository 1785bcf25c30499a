// What the symbol table knows about one code address.
using System;

namespace Commence.Lib.Symbols;

/// <summary>The method and the source line that a code address belongs to (Linux: what <c>kallsyms_lookup</c> gives, and the line).</summary>
/// <remarks>The texts are UTF-8 and lie in the table. An assembly function has neither namespace nor type.</remarks>
public readonly ref struct SymbolInfo
{
    /// <summary>The namespace of the method's type; may be empty.</summary>
    public ReadOnlySpan<byte> Namespace { get; init; }

    /// <summary>The method's type, nested types as <c>Outer.Inner</c>; may be empty.</summary>
    public ReadOnlySpan<byte> Type { get; init; }

    /// <summary>The method's name.</summary>
    public ReadOnlySpan<byte> Method { get; init; }

    /// <summary>The source file's directory, relative to the repository, without the last slash; may be empty.</summary>
    public ReadOnlySpan<byte> Directory { get; init; }

    /// <summary>The source file's name; empty if it is not known.</summary>
    public ReadOnlySpan<byte> File { get; init; }

    /// <summary>The line in <see cref="File"/>, counted from 1; 0 if it is not known.</summary>
    public int Line { get; init; }

    /// <summary>Where the method begins, counted like the address that was asked for.</summary>
    public uint Start { get; init; }

    /// <summary>How far into the method the address is.</summary>
    public uint Offset { get; init; }
}

// A boot configuration: keys in a tree, each with a list of values.
//
//   kernel.console = "ttyS0", ttyS1        kernel { console = …; panic = 1 }
//
// The tree holds places in the text, never copies; whoever reads it hands in the same text again.
// Source: Linux Documentation/admin-guide/bootconfig.rst, "Config File Syntax".
using System;
using System.Runtime.CompilerServices;
using Commence.Lib;

namespace Commence.Firmware.BootConfig;

/// <summary>The tree. All-zero is an empty one.</summary>
/// <remarks>7 KiB: a static, passed by reference.</remarks>
public struct BootConfigTree
{
    /// <summary>Keys and values together.</summary>
    public const int Capacity = 512;

    /// <summary>Words of a key, and braces in braces.</summary>
    public const int DepthMax = 16;

    /// <summary>Bytes of a key with all its words.</summary>
    public const int KeyBytesMax = 255;

    internal const ushort Root = 0; // and "none": the root is nobody's child and no value

    private struct Node
    {
        internal ushort Offset;
        internal ushort Length;
        internal ushort Parent;
        internal ushort Next;   // the next key of the same parent; the next value of the same key
        internal ushort Child;  // the first key below
        internal ushort Value;  // the first value
    }

    [InlineArray(Capacity)]
    private struct Nodes
    {
        private Node _first;
    }

    private Nodes _nodes;
    private int _count; // without the root

    /// <summary>Reads a text.</summary>
    /// <param name="text">Zero bytes at its end do not belong to it.</param>
    /// <param name="fault">The first mistake.</param>
    /// <returns>False if there is one; then the tree is empty.</returns>
    /// <remarks>Context: any. Takes any bytes; the work is bounded by length times <see cref="Capacity"/>.</remarks>
    public bool TryParse(ReadOnlySpan<byte> text, out BootConfigFault fault)
    {
        this = default;
        BootConfigParser parser = new(text);
        if (parser.TryParse(ref this, out fault))
            return true;
        this = default;
        return false;
    }

    /// <summary>Writes what stands below one key as a kernel command line: <c>a.b=1 a.c="x y" d </c>.</summary>
    /// <param name="top">The key, of the first level.</param>
    /// <returns>How many values could not be written: those with a double quote.</returns>
    public readonly int AppendParameters(ReadOnlySpan<byte> text, ReadOnlySpan<byte> top, ref TextWriter line)
    {
        int lostCount = 0;
        ushort subtree = Find(Root, text, top);
        if (subtree == Root)
            return 0;
        for (ushort key = FirstLeaf(subtree); key != Root; key = NextLeaf(key, subtree))
        {
            if (_nodes[key].Value == Root)
            {
                AppendKey(text, key, subtree, ref line);
                line.Append((byte)' ');
            }

            for (ushort value = _nodes[key].Value; value != Root; value = _nodes[value].Next)
            {
                ReadOnlySpan<byte> word = Word(value, text);
                if (word.Contains((byte)'"'))
                    lostCount++;
                else
                    AppendParameter(text, key, subtree, word, ref line);
            }
        }

        return lostCount;
    }

    /// <summary>Keys and values.</summary>
    public readonly int Count => _count;

    /// <summary>The key behind another that has values or no keys below it; from 0, the first; behind the last, 0.</summary>
    public readonly ushort NextKey(ushort key) => key == Root ? FirstLeaf(Root) : NextLeaf(key, Root);

    /// <summary>Writes a key with its values: <c>a.b = "1", "2"</c>.</summary>
    public readonly void AppendLine(ReadOnlySpan<byte> text, ushort key, ref TextWriter line)
    {
        AppendKey(text, key, Root, ref line);
        line.Append(_nodes[key].Value == Root ? " = \"\""u8 : " = "u8);
        for (ushort value = _nodes[key].Value; value != Root; value = _nodes[value].Next)
        {
            ReadOnlySpan<byte> word = Word(value, text);
            byte quote = word.Contains((byte)'"') ? (byte)'\'' : (byte)'"';
            line.Append(quote);
            line.Append(word);
            line.Append(quote);
            if (_nodes[value].Next != Root)
                line.Append(", "u8);
        }

        line.Append((byte)'\n');
    }

    internal readonly ReadOnlySpan<byte> Word(ushort node, ReadOnlySpan<byte> text) => text.Slice(_nodes[node].Offset, _nodes[node].Length);

    internal readonly bool HasValue(ushort key) => _nodes[key].Value != Root;

    /// <summary>Finds the key <paramref name="word"/> below another.</summary>
    internal readonly ushort Find(ushort parent, ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        ushort key = _nodes[parent].Child;
        while (key != Root && !Word(key, text).SequenceEqual(word))
            key = _nodes[key].Next;
        return key;
    }

    /// <summary>The key is neither too deep nor too long.</summary>
    internal readonly bool IsWithinLimits(ushort key, out BootConfigMistake mistake)
    {
        int depth = 0;
        int length = -1; // a dot less than words
        for (ushort at = key; at != Root; at = _nodes[at].Parent)
        {
            depth++;
            length += _nodes[at].Length + 1;
        }

        mistake = depth > DepthMax ? BootConfigMistake.KeyTooDeep : length > KeyBytesMax ? BootConfigMistake.KeyTooLong : BootConfigMistake.None;
        return mistake == BootConfigMistake.None;
    }

    internal bool TryAddKey(ushort parent, int offset, int length, out ushort key)
    {
        if (!TryAdd(parent, offset, length, out key))
            return false;
        if (_nodes[parent].Child == Root)
            _nodes[parent].Child = key;
        else
            Chain(_nodes[parent].Child, key);
        return true;
    }

    internal bool TryAddValue(ushort key, int offset, int length)
    {
        if (!TryAdd(key, offset, length, out ushort value))
            return false;
        if (_nodes[key].Value == Root)
            _nodes[key].Value = value;
        else
            Chain(_nodes[key].Value, value);
        return true;
    }

    internal void ClearValues(ushort key) => _nodes[key].Value = Root;

    private bool TryAdd(ushort parent, int offset, int length, out ushort node)
    {
        node = Root;
        if (_count == Capacity - 1)
            return false;
        node = (ushort)++_count;
        _nodes[node] = new Node { Offset = (ushort)offset, Length = (ushort)length, Parent = parent };
        return true;
    }

    private void Chain(ushort first, ushort last)
    {
        ushort at = first;
        while (_nodes[at].Next != Root)
            at = _nodes[at].Next;
        _nodes[at].Next = last;
    }

    // A leaf has values, or no keys below.
    private readonly bool IsLeaf(ushort key) => HasValue(key) || _nodes[key].Child == Root;

    private readonly ushort FirstLeaf(ushort subtree) => NextLeaf(subtree, subtree);

    // Down first, then on, then up and on; Root when the subtree is over.
    private readonly ushort NextLeaf(ushort key, ushort subtree)
    {
        do
        {
            if (_nodes[key].Child != Root)
            {
                key = _nodes[key].Child;
                continue;
            }

            while (key != subtree && _nodes[key].Next == Root)
                key = _nodes[key].Parent;
            if (key == subtree)
                return Root;
            key = _nodes[key].Next;
        }
        while (!IsLeaf(key));
        return key;
    }

    private readonly void AppendParameter(ReadOnlySpan<byte> text, ushort key, ushort subtree, ReadOnlySpan<byte> word, ref TextWriter line)
    {
        bool isQuoted = HasBlank(word);
        AppendKey(text, key, subtree, ref line);
        line.Append(isQuoted ? "=\""u8 : "="u8);
        line.Append(word);
        line.Append(isQuoted ? "\" "u8 : " "u8);
    }

    private static bool HasBlank(ReadOnlySpan<byte> word)
    {
        foreach (byte character in word)
        {
            if (character is (byte)' ' or (>= 9 and <= 13) or 0xA0)
                return true;
        }

        return false;
    }

    private readonly void AppendKey(ReadOnlySpan<byte> text, ushort key, ushort subtree, ref TextWriter line)
    {
        Span<ushort> path = stackalloc ushort[DepthMax];
        int depth = 0;
        for (ushort at = key; at != subtree; at = _nodes[at].Parent)
            path[depth++] = at;
        while (depth > 0)
        {
            line.Append(Word(path[--depth], text));
            if (depth > 0)
                line.Append((byte)'.');
        }
    }
}

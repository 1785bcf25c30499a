// The kernel's command line: parameters of the form name or name=value, separated by white space.
//
// Source: Linux Documentation/admin-guide/kernel-parameters.rst: double quotes protect spaces in values, dashes and
// underscores in names are equal, and what follows "--" is for init.
// Quotes are taken off where they enclose the whole parameter or the whole value; inside a value they stay, so that
// every result is a piece of the text as it is.
using System;

namespace Commence.Lib;

/// <summary>One parameter: pieces of the command line.</summary>
public readonly ref struct KernelParameter
{
    internal KernelParameter(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool hasValue)
    {
        Name = name;
        Value = value;
        HasValue = hasValue;
    }

    public ReadOnlySpan<byte> Name { get; }

    /// <summary>What stands behind <c>=</c>; empty if there is none.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>There is a <c>=</c>.</summary>
    public bool HasValue { get; }

    /// <summary>The parameter has this name, dashes and underscores being equal.</summary>
    public bool IsNamed(ReadOnlySpan<byte> name) => KernelParameterValue.IsName(Name, name);
}

/// <summary>Takes a command line apart, in the order in which it is written. <c>foreach</c> gives the kernel's part.</summary>
/// <remarks>Context: any. Takes any bytes: a quote that is not closed reaches to the end.</remarks>
public readonly ref struct CommandLine
{
    private readonly ReadOnlySpan<byte> _text;

    /// <param name="text">The line; a zero byte ends it.</param>
    public CommandLine(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        _text = end < 0 ? text : text[..end];
    }

    /// <summary>What follows <c>--</c>: init's arguments, not taken apart. Empty if there is none.</summary>
    public ReadOnlySpan<byte> InitPart
    {
        get
        {
            Enumerator parameters = GetEnumerator();
            while (parameters.MoveNext())
            {
            }

            return parameters.Rest;
        }
    }

    /// <summary>There is a <c>--</c>, though perhaps nothing follows it.</summary>
    public bool HasInitPart
    {
        get
        {
            Enumerator parameters = GetEnumerator();
            while (parameters.MoveNext())
            {
            }

            return parameters.IsAtEnd;
        }
    }

    /// <summary>Finds the last parameter of this name: it overrules those before it.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryFind(ReadOnlySpan<byte> name, out KernelParameter parameter)
    {
        bool isFound = false;
        parameter = default;
        foreach (KernelParameter candidate in this)
        {
            if (candidate.IsNamed(name))
            {
                parameter = candidate;
                isFound = true;
            }
        }

        return isFound;
    }

    /// <summary>Finds the value of the last parameter of this name.</summary>
    /// <returns>False if there is none, or if it has no value.</returns>
    public bool TryGetValue(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        bool isFound = TryFind(name, out KernelParameter parameter);
        value = parameter.Value;
        return isFound && parameter.HasValue;
    }

    /// <summary>There is a parameter of this name, with or without a value.</summary>
    public bool Contains(ReadOnlySpan<byte> name) => TryFind(name, out _);

    public Enumerator GetEnumerator() => new(_text);

    /// <summary>The cursor behind <c>foreach</c>.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;
        private ReadOnlySpan<byte> _current;
        private int _equals;
        private bool _isAtEnd;

        internal Enumerator(ReadOnlySpan<byte> text)
        {
            _rest = text;
            _current = default;
            _equals = -1;
            _isAtEnd = false;
        }

        public readonly KernelParameter Current
        {
            get
            {
                if (_equals < 0)
                    return new KernelParameter(_current, default, hasValue: false);
                return new KernelParameter(_current[.._equals], Unquote(_current[(_equals + 1)..]), hasValue: true);
            }
        }

        /// <summary>What has not been taken apart: init's part, once MoveNext has returned false.</summary>
        internal readonly ReadOnlySpan<byte> Rest => _rest;

        /// <summary>Init's part has begun.</summary>
        internal readonly bool IsAtEnd => _isAtEnd;

        public bool MoveNext()
        {
            _rest = SkipWhiteSpace(_rest);
            if (_isAtEnd || _rest.IsEmpty)
                return false;

            TakeWord();
            _isAtEnd = _equals < 0 && _current.SequenceEqual("--"u8);
            if (_isAtEnd)
                _rest = SkipWhiteSpace(_rest);
            return !_isAtEnd;
        }

        // Up to white space outside quotes. Quotes around the whole word go.
        private void TakeWord()
        {
            bool isWholeQuoted = _rest[0] == '"';
            int start = isWholeQuoted ? 1 : 0;
            bool isInQuotes = isWholeQuoted;
            int at = start;
            _equals = -1;
            while (at < _rest.Length && (isInQuotes || !IsWhiteSpace(_rest[at])))
            {
                if (_rest[at] == '"')
                    isInQuotes = !isInQuotes;
                else if (_rest[at] == '=' && _equals < 0 && at > start)
                    _equals = at - start;
                at++;
            }

            _current = _rest[start..at];
            if (isWholeQuoted && !_current.IsEmpty && _current[^1] == '"')
                _current = _current[..^1];
            _rest = _rest[at..];
        }

        private static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> value)
        {
            if (value.IsEmpty || value[0] != '"')
                return value;

            ReadOnlySpan<byte> inner = value[1..];
            return !inner.IsEmpty && inner[^1] == '"' ? inner[..^1] : inner;
        }

        private static ReadOnlySpan<byte> SkipWhiteSpace(ReadOnlySpan<byte> text)
        {
            int at = 0;
            while (at < text.Length && IsWhiteSpace(text[at]))
                at++;
            return text[at..];
        }

        // Space, tab to carriage return, and Latin-1's hard space, as in the kernel's isspace of Linux.
        private static bool IsWhiteSpace(byte character) => character is (byte)' ' or (>= 9 and <= 13) or 0xA0;
    }
}

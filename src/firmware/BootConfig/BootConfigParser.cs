// Reads the text of a boot configuration into its tree, from left to right.
//
//   statement  key [operator values] end  │  key { … }          operator  = │ += │ :=
//   values     value {, value}; after a comma a line may end, and a comment may stand
//   value      characters up to , ; # } or the end of the line, less blanks at both ends  │  "…"  │  '…'
//   end        ; │ end of the line │ end of the text │ # comment │ before }
using System;
using System.Runtime.CompilerServices;

namespace Commence.Firmware.BootConfig;

/// <summary>The state of one reading.</summary>
internal ref struct BootConfigParser
{
    [InlineArray(BootConfigTree.DepthMax)]
    private struct Parents
    {
        private ushort _first;
    }

    private readonly ReadOnlySpan<byte> _text;
    private int _at;
    private BootConfigMistake _mistake;
    private int _mistakeAt;
    private Parents _outer; // the keys outside each open brace
    private int _braces;
    private int _lastBraceAt;
    private ushort _inside; // the key whose brace is open

    internal BootConfigParser(ReadOnlySpan<byte> text)
    {
        int end = text.Length;
        while (end > 0 && text[end - 1] == 0)
            end--;
        _text = text[..end];
    }

    internal bool TryParse(ref BootConfigTree tree, out BootConfigFault fault)
    {
        bool isRead = _text.Length <= BootConfigTrailer.TextBytesMax ? TryReadAll(ref tree) : Fail(BootConfigMistake.TooLong, 0);
        fault = isRead ? default : BootConfigFault.At(_mistake, _text, _mistakeAt);
        return isRead;
    }

    private bool TryReadAll(ref BootConfigTree tree)
    {
        while (true)
        {
            SkipBlanks(alsoLines: true);
            if (_at == _text.Length)
                return _braces == 0 || Fail(BootConfigMistake.OpenBrace, _lastBraceAt);

            byte next = _text[_at];
            if (next == '#')
                SkipComment();
            else if (next == ';')
                _at++;
            else if (!(next == '}' ? TryClose() : TryReadStatement(ref tree)))
                return false;
        }
    }

    private bool TryClose()
    {
        if (_braces == 0)
            return Fail(BootConfigMistake.UnexpectedBrace, _at);
        _at++;
        _inside = _outer[--_braces];
        return true;
    }

    private bool TryReadStatement(ref BootConfigTree tree)
    {
        int begin = _at;
        if (!TryReadKey(ref tree, out ushort key))
            return false;
        SkipBlanks(alsoLines: false);
        byte next = _at < _text.Length ? _text[_at] : (byte)'\n';
        switch (next)
        {
            case (byte)'\n' or (byte)';' or (byte)'#' or (byte)'}':
                return true;
            case (byte)'{':
                return TryOpen(key);
            case (byte)'=':
                _at++;
                return tree.HasValue(key) ? Fail(BootConfigMistake.Redefined, begin) : TryReadValues(ref tree, key);
            case (byte)'+' or (byte)':':
                if (_at + 1 == _text.Length || _text[_at + 1] != '=')
                    return Fail(BootConfigMistake.InvalidOperator, _at);
                _at += 2;
                if (next == ':')
                    tree.ClearValues(key);
                return TryReadValues(ref tree, key);
            default:
                return Fail(BootConfigMistake.NoOperator, _at);
        }
    }

    private bool TryOpen(ushort key)
    {
        if (_braces == BootConfigTree.DepthMax)
            return Fail(BootConfigMistake.TooManyBraces, _at);
        _lastBraceAt = _at++;
        _outer[_braces++] = _inside;
        _inside = key;
        return true;
    }

    // Words with dots between them, below the key whose brace is open.
    private bool TryReadKey(ref BootConfigTree tree, out ushort key)
    {
        int begin = _at;
        key = _inside;
        while (true)
        {
            int wordAt = _at;
            while (_at < _text.Length && IsKeyCharacter(_text[_at]))
                _at++;
            if (_at == wordAt)
                return Fail(BootConfigMistake.InvalidKey, _at);

            ushort parent = key;
            key = tree.Find(parent, _text, _text[wordAt.._at]);
            if (key == BootConfigTree.Root && !tree.TryAddKey(parent, wordAt, _at - wordAt, out key))
                return Fail(BootConfigMistake.TooMany, wordAt);
            if (!tree.IsWithinLimits(key, out BootConfigMistake mistake))
                return Fail(mistake, begin);
            if (_at == _text.Length || _text[_at] != '.')
                return true;
            _at++;
        }
    }

    private bool TryReadValues(ref BootConfigTree tree, ushort key)
    {
        while (true)
        {
            if (!TryReadValue(out int begin, out int end))
                return false;
            if (!tree.TryAddValue(key, begin, end - begin))
                return Fail(BootConfigMistake.TooMany, begin);
            if (_at == _text.Length || _text[_at] != ',')
                return true;
            _at++;
            SkipBlanks(alsoLines: true);
            while (_at < _text.Length && _text[_at] == '#')
            {
                SkipComment();
                SkipBlanks(alsoLines: true);
            }
        }
    }

    // Ends at a delimiter or at the end of the text.
    private bool TryReadValue(out int begin, out int end)
    {
        SkipBlanks(alsoLines: false);
        begin = _at;
        end = _at;
        if (_at < _text.Length && _text[_at] is (byte)'"' or (byte)'\'')
            return TryReadQuoted(out begin, out end);

        while (_at < _text.Length && !IsDelimiter(_text[_at]))
            _at++;
        end = _at;
        while (end > begin && IsBlank(_text[end - 1]))
            end--;
        return IsPrintable(begin, end);
    }

    private bool TryReadQuoted(out int begin, out int end)
    {
        byte quote = _text[_at];
        begin = ++_at;
        int length = _text[begin..].IndexOf(quote);
        end = begin + Math.Max(0, length);
        if (length < 0)
            return Fail(BootConfigMistake.NoClosingQuote, begin - 1);

        _at = end + 1;
        SkipBlanks(alsoLines: false);
        if (_at < _text.Length && !IsDelimiter(_text[_at]))
            return Fail(BootConfigMistake.NoDelimiter, _at);
        return IsPrintable(begin, end);
    }

    private bool IsPrintable(int begin, int end)
    {
        for (int i = begin; i < end; i++)
        {
            byte character = _text[i];
            if (character is < 9 or (> 13 and < 32) or 127)
                return Fail(BootConfigMistake.NotPrintable, i);
        }

        return true;
    }

    private void SkipBlanks(bool alsoLines)
    {
        while (_at < _text.Length && (IsBlank(_text[_at]) || (alsoLines && _text[_at] == '\n')))
            _at++;
    }

    private void SkipComment()
    {
        while (_at < _text.Length && _text[_at] != '\n')
            _at++;
    }

    private bool Fail(BootConfigMistake mistake, int at)
    {
        _mistake = mistake;
        _mistakeAt = at;
        return false;
    }

    private static bool IsKeyCharacter(byte character) =>
        character is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9')
            or (byte)'-' or (byte)'_';

    private static bool IsDelimiter(byte character) => character is (byte)',' or (byte)';' or (byte)'#' or (byte)'}' or (byte)'\n';

    // Not the end of a line, which means something.
    private static bool IsBlank(byte character) => character is (byte)' ' or 9 or 11 or 12 or 13;
}

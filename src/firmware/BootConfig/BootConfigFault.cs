// What is wrong with a boot configuration, and where.
using System;
using Commence.Lib;

namespace Commence.Firmware.BootConfig;

/// <summary>The kinds of mistakes.</summary>
public enum BootConfigMistake : byte
{
    None,
    TooLong,
    InvalidKey,
    KeyTooLong,
    KeyTooDeep,
    NoOperator,
    InvalidOperator,
    Redefined,
    NoClosingQuote,
    NoDelimiter,
    NotPrintable,
    TooManyBraces,
    UnexpectedBrace,
    OpenBrace,
    TooMany,
}

/// <summary>A mistake, with the place where it was noticed.</summary>
public readonly struct BootConfigFault : ITextFormattable
{
    private BootConfigFault(BootConfigMistake mistake, int line, int column)
    {
        Mistake = mistake;
        Line = line;
        Column = column;
    }

    public BootConfigMistake Mistake { get; }

    /// <summary>From 1.</summary>
    public int Line { get; }

    /// <summary>In bytes, from 1.</summary>
    public int Column { get; }

    /// <summary>Finds line and column of a place.</summary>
    internal static BootConfigFault At(BootConfigMistake mistake, ReadOnlySpan<byte> text, int at)
    {
        int line = 1;
        int begin = 0;
        for (int i = 0; i < at && i < text.Length; i++)
        {
            if (text[i] != '\n')
                continue;
            line++;
            begin = i + 1;
        }

        return new BootConfigFault(mistake, line, at - begin + 1);
    }

    /// <inheritdoc/>
    public void Format(ref TextWriter text)
    {
        text.Append(Mistake switch
        {
            BootConfigMistake.TooLong => "it is longer than 32767 bytes"u8,
            BootConfigMistake.InvalidKey => "a key is made of letters, digits, '-', '_' and dots between them"u8,
            BootConfigMistake.KeyTooLong => "a key is longer than 255 bytes"u8,
            BootConfigMistake.KeyTooDeep => "a key has more than 16 parts"u8,
            BootConfigMistake.NoOperator => "behind the key there is no operator, brace or end of line"u8,
            BootConfigMistake.InvalidOperator => "an operator is =, += or :="u8,
            BootConfigMistake.Redefined => "the key has a value already; += appends, := overrides"u8,
            BootConfigMistake.NoClosingQuote => "no closing quote"u8,
            BootConfigMistake.NoDelimiter => "behind the quoted value there is no comma and no end of line"u8,
            BootConfigMistake.NotPrintable => "a value holds a character that cannot be printed"u8,
            BootConfigMistake.TooManyBraces => "braces are nested more than 16 deep"u8,
            BootConfigMistake.UnexpectedBrace => "a closing brace without an opening one"u8,
            BootConfigMistake.OpenBrace => "a brace is not closed"u8,
            BootConfigMistake.TooMany => "more keys and values than the kernel keeps"u8,
            _ => "nothing"u8,
        });
        text.Append(" at line "u8);
        text.Append(Line);
        text.Append(", column "u8);
        text.Append(Column);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Abi;
using Commence.Signals;
using Commence.Terminals;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Terminals;

public class LineDisciplineTests
{
    // Keys by name: single ones, and characters of several bytes.
    private static readonly string[] s_keys =
    [
        "a", "b", "Z", "7", "_", " ", "-", ".", "\t", "\x01", "\x1B", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "\x7F", "\x7F", "\x15", "\x17", "\x17", "\x04", "\n", "\r", "\x16\x03", "\x16\x7F", "\x16\n", "\x12",
    ];

    private static Gen<string[]> Typing => Gen.Elements(s_keys).ArrayOf();

    private static Termios Utf8
    {
        get
        {
            Termios termios = Settings.Defaults;
            termios.Input |= InputModes.IUTF8;
            return termios;
        }
    }

    [Fact]
    public void ReadsAreWhatAnEditorWouldHaveMade() => Prop.ForAll(Typing.ToArbitrary(), keys =>
    {
        Keyboard keyboard = new(Utf8);
        EditorModel model = new();
        foreach (string key in keys)
        {
            keyboard.Type(key);
            model.Type(key);
        }

        return keyboard.ReadAll().SequenceEqual(model.Reads);
    }).Holds(1000);

    [Fact]
    public void TheScreenShowsTheLineAsItIs() => Prop.ForAll(Typing.ToArbitrary(), Gen.Choose(0, 9).ToArbitrary(), (keys, promptLength) =>
    {
        string prompt = new('>', promptLength);
        Keyboard keyboard = new(Utf8);
        EditorModel model = new();
        keyboard.Show(prompt);
        foreach (string key in keys)
        {
            keyboard.Type(key);
            model.Type(key);
            if (key is "\n" or "\r" or "\x04" or "\x12" or "\x16\n")
                return true; // the line ended, or another one shows it: no prompt stands before it any more
            if (Screen.LastLine(keyboard.Output) != model.Displayed(prompt).TrimEnd())
                return false;
        }

        return true;
    }).Holds(2000);

    [Fact]
    public void ReadsOfAnyLengthGiveTheSameBytes() => Prop.ForAll(Typing.ToArbitrary(), Gen.Choose(1, 7).ToArbitrary(), (keys, length) =>
    {
        Keyboard whole = new(Utf8);
        Keyboard pieces = new(Utf8);
        foreach (string key in keys)
        {
            whole.Type(key);
            pieces.Type(key);
        }

        string read = "";
        while (pieces.Read(length) is { } piece)
        {
            if (piece.Length > length)
                return false;
            read += piece;
        }

        return read == string.Concat(whole.ReadAll());
    }).Holds(500);

    // Nothing that comes over a line may disturb the ring: random bytes under random settings.
    [Fact]
    public void AnyBytesUnderAnySettingsAreTaken() => Prop.ForAll(
        Gen.Choose(0, 255).ArrayOf(6000).ToArbitrary(), Properties.Words.ToArbitrary(), (bytes, modes) =>
        {
            Termios termios = Settings.Defaults;
            termios.Input = (InputModes)(modes & 0x7FFF);
            termios.Output = (OutputModes)(modes >> 16 & 0x183F);
            termios.Local = (LocalModes)(modes >> 32 & 0xFFFF);
            Keyboard keyboard = new(termios);
            foreach (int value in bytes)
                keyboard.Type((byte)value);
            bool fits = keyboard.Input.Count <= LineDiscipline.SizeBytes;
            int readable = keyboard.Input.CountReadable(in keyboard.Termios);
            return fits && keyboard.ReadAll().Sum(text => text.Length) == readable;
        }).Holds(60);

    [Theory]
    [InlineData('\x03', Signal.SIGINT)]
    [InlineData('\x1C', Signal.SIGQUIT)]
    [InlineData('\x1A', Signal.SIGTSTP)]
    public void SignalCharactersForgetTheLine(char key, Signal expected)
    {
        Keyboard keyboard = new(Settings.Defaults);
        keyboard.Type("done\nhalf");
        Assert.Equal(expected, keyboard.Type((byte)key));
        Assert.Empty(keyboard.ReadAll());
        Assert.EndsWith("half^" + (char)(key ^ 0x40), keyboard.Output);
    }

    [Fact]
    public void SignalCharactersKeepTheLineIfToldSo()
    {
        Termios termios = Settings.Defaults;
        termios.Local |= LocalModes.NOFLSH;
        Keyboard keyboard = new(termios);
        keyboard.Type("done\n");
        Assert.Equal(Signal.SIGINT, keyboard.Type(3));
        Assert.Equal(["done\n"], keyboard.ReadAll());
    }

    [Fact]
    public void WithoutSignalsTheyAreCharacters()
    {
        Keyboard keyboard = new(Settings.Raw(1, 0));
        Assert.Equal(Signal.None, keyboard.Type(3));
        Assert.Equal("\x03", keyboard.Read());
    }

    [Fact]
    public void StopAndStartAreNotRead()
    {
        Keyboard keyboard = new(Settings.Defaults);
        keyboard.Type("a\x13");
        Assert.True(keyboard.IsStopped);
        keyboard.Type("b");
        Assert.True(keyboard.IsStopped);
        keyboard.Type("\x11\n");
        Assert.False(keyboard.IsStopped);
        Assert.Equal(["ab\n"], keyboard.ReadAll());
    }

    [Fact]
    public void AnyCharacterStartsIfToldSo()
    {
        Termios termios = Settings.Defaults;
        termios.Input |= InputModes.IXANY;
        Keyboard keyboard = new(termios);
        keyboard.Type("\x13x");
        Assert.False(keyboard.IsStopped);
        keyboard.Type("\n");
        Assert.Equal(["x\n"], keyboard.ReadAll());
    }

    [Fact]
    public void EndOfFileAfterALineThatJustFillsTheBufferIsPartOfIt()
    {
        Keyboard keyboard = new(Settings.Defaults);
        keyboard.Type("abcd\x04" + "e\n");
        Assert.Equal("abcd", keyboard.Read(4));
        Assert.Equal("e\n", keyboard.Read(4));
    }

    [Fact]
    public void AnEmptyLineWithEndOfFileReadsNothing()
    {
        Keyboard keyboard = new(Settings.Defaults);
        keyboard.Type("\x04");
        Assert.Equal("", keyboard.Read());
        Assert.Null(keyboard.Read());
    }

    // What is too long cannot be edited any more, but it can still be ended: the reader is never stuck.
    [Fact]
    public void ALineThatIsTooLongCanBeEnded()
    {
        Termios termios = Settings.Defaults;
        termios.Input |= InputModes.IMAXBEL;
        Keyboard keyboard = new(termios);
        keyboard.Type(new string('x', 5000));
        Assert.EndsWith("\a", keyboard.Output);
        keyboard.Type("\n");
        Assert.Equal(new string('x', 4095) + "\n", keyboard.Read());
    }

    [Fact]
    public void RoomIsKnownWhereAReaderCanMakeSome()
    {
        Keyboard raw = new(Settings.Raw(1, 0));
        raw.Type(new string('x', 4095));
        Assert.True(raw.Input.HasRoom(in raw.Termios));
        raw.Type("x");
        Assert.False(raw.Input.HasRoom(in raw.Termios));

        Keyboard lines = new(Settings.Defaults);
        lines.Type("\n" + new string('x', 4094));
        Assert.False(lines.Input.HasRoom(in lines.Termios));
        Assert.Equal("\n", lines.Read());
        Assert.True(lines.Input.HasRoom(in lines.Termios));
    }

    [Fact]
    public void WhatWaitsBecomesALineWhenEditingBegins()
    {
        Keyboard keyboard = new(Settings.Raw(1, 0));
        keyboard.Type("abc");
        Termios before = keyboard.Termios;
        keyboard.Termios = Settings.Defaults;
        keyboard.Input.OnSettingsChanged(in before, in keyboard.Termios);
        Assert.Equal("abc", keyboard.Read());
    }

    [Fact]
    public void HalfALineCanBeReadWhenEditingEnds()
    {
        Keyboard keyboard = new(Settings.Defaults);
        keyboard.Type("abc");
        Assert.Null(keyboard.Read());
        Termios before = keyboard.Termios;
        keyboard.Termios = Settings.Raw(1, 0);
        keyboard.Input.OnSettingsChanged(in before, in keyboard.Termios);
        Assert.Equal("abc", keyboard.Read());
    }

    [Fact]
    public void NewlineIsEchoedWithoutEchoIfToldSo()
    {
        Termios termios = Settings.Defaults;
        termios.Local = (termios.Local & ~LocalModes.ECHO) | LocalModes.ECHONL;
        Keyboard keyboard = new(termios);
        keyboard.Type("secret\n");
        Assert.Equal("\r\n", keyboard.Output);
        Assert.Equal("secret\n", keyboard.Read());
    }

    [Fact]
    public void PaperShowsWhatIsErased()
    {
        Termios termios = Settings.Defaults;
        termios.Local |= LocalModes.ECHOPRT;
        Keyboard keyboard = new(termios);
        keyboard.Type("abc\x7F\x7Fx\n");
        Assert.Equal("abc\\cb/x\r\n", keyboard.Output);
        Assert.Equal("ax\n", keyboard.Read());
    }

    /// <summary>A line editor on lists of characters, slow and plain.</summary>
    private sealed class EditorModel
    {
        private readonly List<string> _line = [];

        public List<string> Reads { get; } = [];

        public void Type(string key)
        {
            switch (key)
            {
                case "\x7F":
                    Erase();
                    break;
                case "\x15":
                    _line.Clear();
                    break;
                case "\x17":
                    while (_line.Count > 0 && !IsWord(_line[^1]))
                        Erase();
                    while (_line.Count > 0 && IsWord(_line[^1]))
                        Erase();
                    break;
                case "\x04":
                    Reads.Add(string.Concat(_line));
                    _line.Clear();
                    break;
                case "\n" or "\r":
                    Reads.Add(string.Concat(_line) + "\n");
                    _line.Clear();
                    break;
                case "\x12":
                    break;
                default:
                    _line.Add(key[0] == '\x16' ? key[1..] : key);
                    break;
            }
        }

        public string Displayed(string prompt)
        {
            string text = prompt;
            foreach (string character in _line)
            {
                char first = character[0];
                if (first == '\t')
                    text += new string(' ', 8 - (text.Length % 8));
                else if (first is < ' ' or '\x7F')
                    text += "^" + (char)(first ^ 0x40);
                else
                    text += first;
            }

            return text;
        }

        private void Erase()
        {
            if (_line.Count > 0)
                _line.RemoveAt(_line.Count - 1);
        }

        private static bool IsWord(string character) => char.IsAsciiLetterOrDigit(character[0]) || character[0] is '_' or >= '\x80';
    }
}

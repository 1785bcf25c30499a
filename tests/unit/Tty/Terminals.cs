using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Commence.Abi;
using Commence.Terminals;

namespace Commence.Tests.Terminals;

/// <summary>A device that remembers what was sent to it.</summary>
internal sealed class RecordingPort : ConsolePort
{
    private readonly List<byte> _bytes = [];

    public string Text
    {
        get
        {
            lock (_bytes)
                return Encoding.Latin1.GetString([.. _bytes]);
        }
    }

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_bytes)
            _bytes.AddRange(bytes.ToArray());
    }
}

/// <summary>What a screen shows of a stream of output: one line at a time matters here.</summary>
internal static class Screen
{
    /// <summary>The last line, without trailing spaces.</summary>
    public static string LastLine(string output)
    {
        List<char> line = [];
        int column = 0;
        foreach (char value in output)
        {
            switch (value)
            {
                case '\r':
                    column = 0;
                    break;
                case '\n':
                    line.Clear();
                    break;
                case '\b':
                    column = Math.Max(0, column - 1);
                    break;
                case '\a':
                    break;
                case '\t':
                    do
                        Put(line, column++, ' ');
                    while (column % 8 != 0);
                    break;
                default:
                    if ((value & 0xC0) != 0x80) // the further bytes of a character take no room
                        Put(line, column++, value);
                    break;
            }
        }

        return new string([.. line]).TrimEnd();
    }

    private static void Put(List<char> line, int column, char value)
    {
        while (line.Count <= column)
            line.Add(' ');
        line[column] = value;
    }
}

internal static class Settings
{
    public static Termios Defaults
    {
        get
        {
            TerminalDefaults.Set(out Termios termios);
            return termios;
        }
    }

    public static Termios Raw(byte min, byte time)
    {
        Termios termios = Defaults;
        termios.Input = default;
        termios.Output = default;
        termios.Local = default;
        termios.Characters[(int)ControlCharacter.Min] = min;
        termios.Characters[(int)ControlCharacter.Time] = time;
        return termios;
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}

/// <summary>A line discipline with its output side, as Tty holds them together.</summary>
internal sealed class Keyboard(Termios termios)
{
    private readonly RecordingPort _port = new();
    private readonly LineDiscipline _input = new();
    private uint _column;
    private bool _isStopped;

    public Termios Termios = termios;

    public string Output => _port.Text;

    public bool IsStopped => _isStopped;

    public LineDiscipline Input => _input;

    public Commence.Signals.Signal Type(byte value)
    {
        Span<byte> pending = stackalloc byte[16];
        OutputProcessor echo = new(_port, in Termios, _column, pending);
        Commence.Signals.Signal signal = _input.Receive(value, in Termios, ref echo, ref _isStopped);
        echo.Flush();
        _column = echo.Column;
        return signal;
    }

    public void Type(string keys)
    {
        foreach (byte value in Settings.Bytes(keys))
            Type(value);
    }

    public void Show(string text)
    {
        OutputProcessor output = new(_port, in Termios, _column, new byte[16]);
        output.Put(Settings.Bytes(text));
        output.Flush();
        _column = output.Column;
    }

    /// <summary>One read; null if a program would wait.</summary>
    public string? Read(int length = 4096)
    {
        if (LineDiscipline.IsCanonical(in Termios) ? !_input.HasLine : _input.Count == 0)
            return null;
        byte[] buffer = new byte[length];
        int count = _input.Read(buffer, in Termios, out _);
        return Settings.Text(buffer.AsSpan(0, count));
    }

    public List<string> ReadAll()
    {
        List<string> reads = [];
        while (Read() is { } text)
            reads.Add(text);
        return reads;
    }
}

// How a serial line sends: speed, parity and bits, as console= writes them after a comma: "115200n8".
//
// Source: Linux Documentation/admin-guide/serial-console.rst (syntax); National Semiconductor PC16550D data sheet, §8.1 "Line
// Control Register" (bits 0-4) and §8.3 "Programmable Baud Generator".
using System;
using Commence.Lib;

namespace Commence.Drivers.Serial;

/// <summary>Speed, parity and bits of a line.</summary>
public readonly struct SerialMode
{
    private const int BaudMax = 115200; // of a PC's 1.8432 MHz clock: divisor 1
    private const int BaudMin = 50;
    private const byte EightBits = 0x03;
    private const byte SevenBits = 0x02;
    private const byte OddParity = 0x08;
    private const byte EvenParity = 0x18;

    private SerialMode(ushort divisor, byte lineControl)
    {
        Divisor = divisor;
        LineControl = lineControl;
    }

    /// <summary>115200 baud, no parity, 8 bits.</summary>
    public static SerialMode Default => new(1, EightBits);

    /// <summary>What the baud generator divides by.</summary>
    public ushort Divisor { get; }

    /// <summary>The value of the line control register.</summary>
    public byte LineControl { get; }

    /// <summary>Reads baud, parity (n, o, e) and bits (7, 8); what is left out is as in <see cref="Default"/>.</summary>
    /// <returns>False for a speed that the clock cannot be divided to, and for flow control, which the console has not.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out SerialMode mode)
    {
        mode = Default;
        int digits = 0;
        while (digits < text.Length && text[digits] is >= (byte)'0' and <= (byte)'9')
            digits++;
        ulong baud = BaudMax;
        if (digits != 0 && (!NumberParser.TryParse(text[..digits], out baud) || baud is < BaudMin or > BaudMax || BaudMax % baud != 0))
            return false;
        if (!TryParseFrame(text[digits..], out byte lineControl))
            return false;
        mode = new SerialMode((ushort)(BaudMax / baud), lineControl);
        return true;
    }

    private static bool TryParseFrame(ReadOnlySpan<byte> text, out byte lineControl)
    {
        lineControl = EightBits;
        if (text.IsEmpty)
            return true;
        if (text[0] is not ((byte)'n' or (byte)'o' or (byte)'e') || text.Length > 2)
            return false;
        if (text.Length == 2 && text[1] is not ((byte)'7' or (byte)'8'))
            return false;

        byte parity = text[0] == 'o' ? OddParity : text[0] == 'e' ? EvenParity : (byte)0;
        byte bits = text.Length == 2 && text[1] == '7' ? SevenBits : EightBits;
        lineControl = (byte)(parity | bits);
        return true;
    }
}

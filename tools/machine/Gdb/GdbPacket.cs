// Framing of the gdb remote protocol: `$data#cs`, where cs is the sum of the data's bytes modulo 256 in two hexadecimal digits.
// Within the data `}` escapes the byte behind it (which is sent XOR 0x20), and `x*n` repeats x n - 29 times more.
// Source: "Debugging with GDB", appendix E.1 "Overview" of the Remote Serial Protocol.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Commence.Machine.Gdb;

/// <summary>Packets of the gdb remote protocol.</summary>
public static class GdbPacket
{
    private const byte EscapeMask = 0x20;
    private const int RepeatBias = 29;
    private const int RepeatMax = 98; // of a printable count character: 126 - 29 is 97, and the character itself

    /// <summary>Frames <paramref name="data"/>.</summary>
    public static byte[] Frame(string data)
    {
        List<byte> body = [];
        foreach (byte value in Encoding.Latin1.GetBytes(data))
        {
            if (value is (byte)'$' or (byte)'#' or (byte)'}' or (byte)'*')
                body.AddRange([(byte)'}', (byte)(value ^ EscapeMask)]);
            else
                body.Add(value);
        }

        return [(byte)'$', .. body, (byte)'#', .. Encoding.ASCII.GetBytes(Sum(body).ToString("x2", CultureInfo.InvariantCulture))];
    }

    /// <summary>Takes what stands between <c>$</c> and <c>#</c> apart.</summary>
    /// <returns>The data; null if the checksum or the coding is wrong.</returns>
    public static string? Unframe(ReadOnlySpan<byte> body, ReadOnlySpan<byte> checksum)
    {
        if (!byte.TryParse(checksum, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte sum) || sum != Sum(body.ToArray()))
            return null;

        StringBuilder data = new();
        for (int i = 0; i < body.Length; i++)
        {
            bool isCode = body[i] is (byte)'}' or (byte)'*';
            if (isCode && i + 1 == body.Length)
                return null;
            if (body[i] == '}')
            {
                data.Append((char)(body[++i] ^ EscapeMask));
            }
            else if (body[i] == '*')
            {
                int count = body[++i] - RepeatBias;
                if (data.Length == 0 || count is < 1 or > RepeatMax)
                    return null;
                data.Append(data[^1], count);
            }
            else
            {
                data.Append((char)body[i]);
            }
        }

        return data.ToString();
    }

    private static byte Sum(IReadOnlyList<byte> bytes)
    {
        int sum = 0;
        foreach (byte value in bytes)
            sum += value;
        return (byte)sum;
    }
}

// The speeds that c_cflag names.
//
// Source: Linux UAPI, asm-generic/termbits.h (B50 … B4000000, BOTHER); values 0 to 15, then 0x1001 on.
using System;
using Commence.Abi;

namespace Commence.Terminals;

/// <summary>Speeds of serial lines by their code.</summary>
public static class TerminalSpeed
{
    private const uint Extended = 0x1000;

    /// <summary>The code for "see the numbers" (<c>BOTHER</c>).</summary>
    private const uint Other = Extended;

    private static ReadOnlySpan<uint> Basic =>
        [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];

    private static ReadOnlySpan<uint> Fast =>
        [57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000];

    /// <summary>Bits per second that the control modes name.</summary>
    /// <param name="control"><c>c_cflag</c>.</param>
    /// <param name="other">The answer where they name none.</param>
    public static uint Of(uint control, uint other)
    {
        uint code = control & ControlModes.SpeedMask;
        if (code == Other)
            return other;

        ReadOnlySpan<uint> table = code < Extended ? Basic : Fast;
        int index = (int)(code < Extended ? code : code - Extended - 1);
        return index < table.Length ? table[index] : 0;
    }
}

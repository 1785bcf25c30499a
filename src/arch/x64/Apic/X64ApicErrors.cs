// The bits of the local APIC's error status register.
// Source: SDM Vol 3A §10.5.3 "Error Handling", Figure 10-9 "Error Status Register (ESR)".
using Commence.Lib;

namespace Commence.Arch.X64;

/// <summary>Names of errors.</summary>
internal static class X64ApicErrors
{
    private const int BitCount = 8;

    /// <summary>Writes the names of the bits that are set, with commas between; "none" if none is.</summary>
    internal static void Describe(uint status, ref TextWriter text)
    {
        int start = text.Length;
        for (int bit = 0; bit < BitCount; bit++)
        {
            if ((status >> bit & 1) == 0)
                continue;
            if (text.Length != start)
                text.Append(", "u8);
            text.Append(NameOf(bit));
        }

        if (text.Length == start)
            text.Append("none"u8);
    }

    private static ReadOnlySpan<byte> NameOf(int bit) => bit switch
    {
        0 => "send checksum error"u8,
        1 => "receive checksum error"u8,
        2 => "send accept error"u8,
        3 => "receive accept error"u8,
        4 => "redirectable IPI"u8,
        5 => "send illegal vector"u8,
        6 => "received illegal vector"u8,
        _ => "illegal register address"u8,
    };
}

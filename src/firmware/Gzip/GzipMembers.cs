// Gzip files may consist of members that need not know of each other, and where one begins can be guessed without reading those
// before it. A guess may be wrong (compressed data can hold any bytes): only who reads from the start knows which ones were right.
// Source: RFC 1952 §2.2 "File format", §2.3 "Member format".
using System;

namespace Commence.Firmware.Gzip;

/// <summary>Where members begin.</summary>
public static class GzipMembers
{
    /// <summary>The least size of a member: header, one empty block of two bytes, trailer.</summary>
    public const int SizeMin = 20;

    private const byte FlagsReserved = 0xE0;

    /// <summary>Finds the first place that looks like a member's header.</summary>
    /// <returns>−1 if there is none.</returns>
    public static int FindHeader(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (bytes.Length - at >= SizeMin)
        {
            int next = bytes.Slice(at, bytes.Length - at - SizeMin + 1).IndexOf((byte)0x1F);
            if (next < 0)
                break;
            at += next;
            if (bytes[at + 1] == 0x8B && bytes[at + 2] == 8 && (bytes[at + 3] & FlagsReserved) == 0)
                return at;
            at++;
        }

        return -1;
    }
}

// The command line with what a boot configuration adds to it.
//
//   [kernel.*] [what the loader gave the kernel] -- [init.*] [what the loader gave init]
//
// So the loader's parameters come later and overrule the file's.
// Source: Linux Documentation/admin-guide/bootconfig.rst, "Kernel parameters via Boot Config".
using System;
using Commence.Lib;

namespace Commence.Firmware.BootConfig;

/// <summary>Extends command lines.</summary>
public static class BootConfigCommandLine
{
    /// <summary>Adds the parameters of a boot configuration to a command line, in its place.</summary>
    /// <param name="buffer">Begins with the line; the rest is room for more.</param>
    /// <param name="length">The line's length, before and after.</param>
    /// <param name="tree">The configuration.</param>
    /// <param name="text">Its text.</param>
    /// <param name="lostCount">Values that cannot be written on a command line, since they hold a double quote.</param>
    /// <returns>False if there is too little room: nothing has changed but what lies behind the line.</returns>
    public static bool TryExtend(Span<byte> buffer, ref int length, in BootConfigTree tree, ReadOnlySpan<byte> text, out int lostCount)
    {
        int zero = buffer[..length].IndexOf((byte)0);
        length = zero < 0 ? length : zero;
        CommandLine line = new(buffer[..length]);
        int initLength = line.InitPart.Length;
        bool hasInitPart = line.HasInitPart;

        TextWriter added = new(buffer[length..]);
        lostCount = tree.AppendParameters(text, "kernel"u8, ref added);
        int kernelLength = added.Length;
        added.Append(hasInitPart ? " "u8 : " -- "u8);
        int separatorLength = added.Length - kernelLength;
        lostCount += tree.AppendParameters(text, "init"u8, ref added);
        if (added.IsTruncated)
            return false;

        int end = length + added.Length;
        if (added.Length == kernelLength + separatorLength)
            end -= separatorLength; // nothing for init
        Rotate(buffer[..(length + kernelLength)], kernelLength);
        length += kernelLength;
        if (hasInitPart)
            Rotate(buffer[(length - initLength)..end], end - length);
        length = end;
        return true;
    }

    // Brings the last bytes to the front.
    private static void Rotate(Span<byte> bytes, int count)
    {
        Reverse(bytes);
        Reverse(bytes[..count]);
        Reverse(bytes[count..]);
    }

    private static void Reverse(Span<byte> bytes)
    {
        for (int left = 0, right = bytes.Length - 1; left < right; left++, right--)
        {
            byte moved = bytes[left];
            bytes[left] = bytes[right];
            bytes[right] = moved;
        }
    }
}

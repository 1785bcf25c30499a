// Where a boot configuration lies at the end of an initramfs.
//
//   archive │ text │ zero bytes, so that all of it is a multiple of 4 │ size u32 │ checksum u32 │ "#BOOTCONFIG\n"
//
// Size and checksum (the sum of the bytes) cover text and zero bytes. A boot loader may have padded what it loaded to a
// multiple of 4, so the mark may stand up to 3 bytes before the end.
// Source: Linux Documentation/admin-guide/bootconfig.rst, "Boot Configuration With a Boot Option".
using System;
using System.Buffers.Binary;

namespace Commence.Firmware.BootConfig;

/// <summary>What stands at the end of an initramfs.</summary>
public enum TrailerState
{
    /// <summary>No boot configuration.</summary>
    None,

    /// <summary>A boot configuration.</summary>
    Sound,

    /// <summary>The mark, with a size that is larger than what there is or than allowed.</summary>
    BadSize,

    /// <summary>The mark, with another checksum than that of the bytes.</summary>
    BadChecksum,
}

/// <summary>The last bytes of an initramfs.</summary>
public readonly struct BootConfigTrailer
{
    /// <summary>Longer texts are refused, as in Linux.</summary>
    public const int TextBytesMax = 32767;

    private const int HeaderBytes = 8; // size and checksum
    private const int PaddingMax = 3;

    private static ReadOnlySpan<byte> Mark => "#BOOTCONFIG\n"u8;

    private BootConfigTrailer(TrailerState state, int start, int length)
    {
        State = state;
        Start = start;
        Length = length;
    }

    public TrailerState State { get; }

    /// <summary>Where the archive ends and the text begins.</summary>
    public int Start { get; }

    /// <summary>Bytes of text, with the zero bytes behind it.</summary>
    public int Length { get; }

    /// <summary>Looks for one.</summary>
    /// <remarks>Context: any. Trusts nothing.</remarks>
    public static BootConfigTrailer Find(ReadOnlySpan<byte> initramfs)
    {
        for (int padding = 0; padding <= PaddingMax; padding++)
        {
            int mark = initramfs.Length - padding - Mark.Length;
            if (mark < HeaderBytes)
                break;
            if (initramfs.Slice(mark, Mark.Length).SequenceEqual(Mark))
                return Examine(initramfs[..mark]);
        }

        return new BootConfigTrailer(TrailerState.None, initramfs.Length, 0);
    }

    private static BootConfigTrailer Examine(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.Length - HeaderBytes;
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[end..]);
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(end + 4)..]);
        if (size > (uint)end || size > TextBytesMax)
            return new BootConfigTrailer(TrailerState.BadSize, end, 0);

        uint sum = 0;
        foreach (byte value in bytes.Slice(end - (int)size, (int)size))
            sum += value;
        return new BootConfigTrailer(sum == checksum ? TrailerState.Sound : TrailerState.BadChecksum, end - (int)size, (int)size);
    }
}

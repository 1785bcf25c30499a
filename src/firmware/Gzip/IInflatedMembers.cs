using System;

namespace Commence.Firmware.Gzip;

/// <summary>Members that somebody may have decompressed before it is their turn.</summary>
public interface IInflatedMembers
{
    /// <summary>Asks for the member that begins at an offset of the image.</summary>
    /// <param name="at">Where its header begins. Offsets only grow from call to call.</param>
    /// <param name="data">All of its data, checked against its trailer, until the next call.</param>
    /// <param name="packedSize">How long the member is in the image.</param>
    /// <returns>False if it is to be decompressed now: it was not done before, or something is wrong with it.</returns>
    bool TryTake(int at, out ReadOnlySpan<byte> data, out int packedSize);
}

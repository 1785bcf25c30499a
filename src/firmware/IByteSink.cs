using System;

namespace Commence.Firmware;

/// <summary>Receives bytes that a parser produces.</summary>
public interface IByteSink
{
    /// <summary>Takes the next bytes, all of them.</summary>
    /// <returns>False to end the work: there is no room, or the bytes are not wanted.</returns>
    bool Write(ReadOnlySpan<byte> bytes);
}

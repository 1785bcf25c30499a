using System;
using System.IO;

namespace Commence.Cli.Run;

/// <summary>Turns a serial line's "\r\n" into "\n", whatever pieces it arrives in.</summary>
internal sealed class LineEndFilter
{
    private bool _isAfterReturn;

    /// <summary>Gives the next piece. A return at its end waits for what follows.</summary>
    internal byte[] Filter(ReadOnlySpan<byte> piece)
    {
        MemoryStream passed = new();
        foreach (byte value in piece)
        {
            if (_isAfterReturn && value != '\n')
                passed.WriteByte((byte)'\r');
            _isAfterReturn = value == '\r';
            if (!_isAfterReturn)
                passed.WriteByte(value);
        }
        return passed.ToArray();
    }
}

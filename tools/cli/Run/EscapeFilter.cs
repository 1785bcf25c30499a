using System;
using System.IO;

namespace Commence.Cli.Run;

/// <summary>Finds Ctrl-A x in what is typed; Ctrl-A Ctrl-A stands for one Ctrl-A.</summary>
internal sealed class EscapeFilter
{
    private const byte CtrlA = 0x01;

    private bool _isAfterCtrlA;

    /// <summary>Whether Ctrl-A x was typed.</summary>
    internal bool HasLeft { get; private set; }

    /// <summary>Gives what is meant for the machine.</summary>
    internal byte[] Filter(ReadOnlySpan<byte> keys)
    {
        MemoryStream passed = new();
        foreach (byte key in keys)
        {
            bool isEscaped = _isAfterCtrlA;
            _isAfterCtrlA = !isEscaped && key == CtrlA;
            HasLeft |= isEscaped && (key is (byte)'x' or (byte)'X');
            if (!HasLeft && !_isAfterCtrlA)
                passed.WriteByte(key);
        }
        return passed.ToArray();
    }
}

// Puts the user's terminal into raw mode, so that each key reaches the machine as it is, and back.
// Source: termios(3). The structure stays opaque.
using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Commence.Cli.Run;

/// <summary>Raw mode, until disposed.</summary>
internal sealed class RawTerminal : IDisposable
{
    private const int StandardInput = 0;
    private const int TermiosLengthMax = 256;
    private const int SetNow = 0; // TCSANOW

    private readonly byte[] _saved;
    private bool _isRestored;

    private RawTerminal(byte[] saved) => _saved = saved;

    /// <summary>Switches to raw mode.</summary>
    /// <returns>Null if standard input is not a terminal.</returns>
    internal static RawTerminal? Enter()
    {
        byte[] saved = new byte[TermiosLengthMax];
        if (tcgetattr(StandardInput, saved) != 0)
            return null;

        byte[] raw = (byte[])saved.Clone();
        cfmakeraw(raw);
        if (tcsetattr(StandardInput, SetNow, raw) != 0)
            return null;

        // .NET's console has switched the cursor keys to "application mode" for itself: back, for the machine's programs.
        using (Stream output = Console.OpenStandardError())
            output.Write("\e[?1l\e>"u8);
        RawTerminal terminal = new(saved);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => terminal.Dispose();
        return terminal;
    }

    /// <summary>Restores the terminal. May be called more than once.</summary>
    public void Dispose()
    {
        if (_isRestored)
            return;
        _isRestored = true;
        _ = tcsetattr(StandardInput, SetNow, _saved); // the terminal may be gone: then there is nothing to restore
    }

    [DllImport("libc")]
    private static extern int tcgetattr(int file, byte[] termios);

    [DllImport("libc")]
    private static extern int tcsetattr(int file, int when, byte[] termios);

    [DllImport("libc")]
    private static extern void cfmakeraw(byte[] termios);
}

// Connects the machine's console with the user's terminal.
//
// Out: bytes as they come. Without raw mode a line ends in "\n" alone, as programs that read our output expect.
// In: each key, except Ctrl-A, which begins an escape as in QEMU: Ctrl-A x ends the machine, Ctrl-A Ctrl-A is one Ctrl-A.
// When standard input is a file or a pipe, its end is told to the machine as Ctrl-D, the end of file of a terminal.
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine;
using Microsoft.Win32.SafeHandles;

namespace Commence.Cli.Run;

/// <summary>The two directions of a console.</summary>
internal sealed class ConsoleBridge : IDisposable
{
    private const byte CtrlA = 0x01;
    private const byte CtrlD = 0x04;

    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly RawTerminal? _raw;
    private readonly EscapeFilter _escape = new();
    private readonly LineEndFilter _lineEnds = new();

    internal ConsoleBridge(bool isInteractive)
    {
        if (isInteractive)
            _raw = RawTerminal.Enter();
    }

    /// <summary>Whether the user types at a terminal in raw mode.</summary>
    internal bool IsRaw => _raw is not null;

    /// <summary>Whether the console has printed anything.</summary>
    internal bool HasPrinted { get; private set; }

    /// <summary>Prints what the machine printed.</summary>
    internal void Print(ReadOnlyMemory<byte> output)
    {
        HasPrinted = true;
        _output.Write(IsRaw ? output.Span : _lineEnds.Filter(output.Span));
        _output.Flush();
    }

    /// <summary>Sends what the user types to <paramref name="machine"/>, until the end of input.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="leave">Called when the user asks to end the machine.</param>
    internal void StartInput(VirtualMachine machine, Action leave)
    {
        // A read from a terminal cannot be cancelled: a thread of its own, which does not keep the process alive.
        Thread reader = new(() => ReadInput(machine, leave)) { IsBackground = true, Name = "console input" };
        reader.Start();
    }

    public void Dispose() => _raw?.Dispose();

    private void ReadInput(VirtualMachine machine, Action leave)
    {
        using FileStream input = new(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        byte[] buffer = new byte[256];
        try
        {
            int length;
            while ((length = input.Read(buffer)) > 0)
            {
                ReadOnlyMemory<byte> keys = IsRaw ? _escape.Filter(buffer.AsSpan(0, length)) : buffer.AsMemory(0, length);
                if (_escape.HasLeft)
                {
                    leave();
                    return;
                }
                machine.WriteConsoleAsync(keys.ToArray()).Wait();
            }
            machine.WriteConsoleAsync(new[] { CtrlD }).Wait();
        }
        catch (Exception error) when (error is IOException or AggregateException or ObjectDisposedException)
        {
            // The machine has ended, or the terminal is gone.
        }
    }
}

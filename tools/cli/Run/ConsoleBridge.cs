// Connects the machine's console with the user's terminal.
//
// Out: bytes as they come. Without raw mode a line ends in "\n" alone, as programs that read our output expect.
// In: from the moment the first program runs, each key, except Ctrl-A, which begins an escape as in QEMU: Ctrl-A x ends the machine, Ctrl-A Ctrl-A is one Ctrl-A.
// When standard input is a file or a pipe, its end is told to the machine as Ctrl-D, the end of file of a terminal.
using System;
using System.IO;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Microsoft.Win32.SafeHandles;

namespace Commence.Cli.Run;

/// <summary>The two directions of a console.</summary>
internal sealed class ConsoleBridge : IDisposable
{
    private const byte CtrlD = 0x04;
    private const int KeysQueuedMax = 64;
    private const string FirstProgramStep = "run_init";

    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly RawTerminal? _raw;
    private readonly Channel<byte[]> _keys = Channel.CreateBounded<byte[]>(KeysQueuedMax);
    private readonly TaskCompletionSource _isReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EscapeFilter _escape = new();
    private readonly LineEndFilter _lineEnds = new();

    internal ConsoleBridge(bool isInteractive)
    {
        if (isInteractive)
            _raw = RawTerminal.Enter();
    }

    private bool IsRaw => _raw is not null;

    /// <summary>Prints what the machine printed.</summary>
    internal void Print(ReadOnlyMemory<byte> output)
    {
        _output.Write(IsRaw ? output.Span : _lineEnds.Filter(output.Span));
        _output.Flush();
    }

    /// <summary>Hears a record: input is sent from the moment when somebody is there to read it.</summary>
    internal void Hear(MachineRecord record)
    {
        if (record is StepRecord { Name: FirstProgramStep })
            _isReady.TrySetResult();
    }

    /// <summary>Sends what the user types to <paramref name="machine"/>, until the end of input.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="leave">Called when the user asks to end the machine.</param>
    internal void StartInput(VirtualMachine machine, Action leave)
    {
        // A read from a terminal cannot be cancelled: a thread of its own, which does not keep the process alive.
        Thread reader = new(() => ReadInput(leave)) { IsBackground = true, Name = "console input" };
        reader.Start();
        _ = SendInputAsync(machine);
    }

    public void Dispose() => _raw?.Dispose();

    private void ReadInput(Action leave)
    {
        using FileStream input = new(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        byte[] buffer = new byte[256];
        byte last = (byte)'\n';
        try
        {
            int length;
            while ((length = input.Read(buffer)) > 0)
            {
                byte[] keys = IsRaw ? _escape.Filter(buffer.AsSpan(0, length)) : buffer[..length];
                if (_escape.HasLeft)
                {
                    leave();
                    return;
                }
                Queue(keys);
                last = buffer[length - 1];
            }
            // After an unfinished line the first Ctrl-D only hands the line over.
            Queue(last == '\n' ? [CtrlD] : [CtrlD, CtrlD]);
        }
        catch (IOException)
        {
            // The terminal is gone.
        }
    }

    // Waits while the machine takes nothing: a large file is not read into memory.
    private void Queue(byte[] keys) => _keys.Writer.WriteAsync(keys).AsTask().Wait();

    private async Task SendInputAsync(VirtualMachine machine)
    {
        await _isReady.Task;
        try
        {
            await foreach (byte[] keys in _keys.Reader.ReadAllAsync())
                await machine.WriteConsoleAsync(keys);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The machine has ended.
        }
    }
}

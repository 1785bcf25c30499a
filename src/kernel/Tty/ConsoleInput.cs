// The way in of the console: from a driver's interrupt to the terminal, through a ring and a thread, so that the terminal
// may take sleeping locks and echo.
//
//   interrupt ─ Push ─▶ ring (one writer: the interrupt; one reader: the thread) ─▶ ttyd ─▶ ConsoleInputSink.Receive
using System;
using System.Threading;
using Commence.Lib;
using Commence.Sched;

namespace Commence.Terminals;

/// <summary>Who takes the console's input: the terminal.</summary>
public abstract class ConsoleInputSink
{
    /// <summary>Takes received bytes.</summary>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public abstract void Receive(ReadOnlySpan<byte> bytes);
}

/// <summary>Received bytes on their way to the terminal.</summary>
public sealed class ConsoleInput : KernelThreadBody
{
    private const int RingBytes = 1024;
    private const int ChunkBytes = 128;

    [System.Runtime.CompilerServices.InlineArray(RingBytes)]
    private struct Storage
    {
        private byte _first;
    }

    [System.Runtime.CompilerServices.InlineArray(ChunkBytes)]
    private struct Chunk
    {
        private byte _first;
    }

    private readonly struct HasInput(ConsoleInput input) : IWaitCondition
    {
        public bool IsMet() => !input.Ring.IsEmpty;
    }

    private Storage _storage;
    private ByteRingCounters _counters;
    private WaitQueue _arrived;
    private ConsoleInputSink _sink;
    private uint _lost; // bytes that came while the ring was full; written by the interrupt

    /// <summary>Input for <paramref name="sink"/>.</summary>
    public ConsoleInput(ConsoleInputSink sink) => _sink = sink;

    /// <summary>Bytes that were lost because nobody took them in time.</summary>
    public uint LostBytes => Volatile.Read(ref _lost);

    private ByteRing Ring => new(ref _counters, _storage);

    /// <summary>Adds a received byte.</summary>
    /// <remarks>Context: hard IRQ of the one device that feeds it.</remarks>
    public void Push(byte value)
    {
        if (Ring.Write(new ReadOnlySpan<byte>(in value)) == 0)
            Volatile.Write(ref _lost, _lost + 1);
    }

    /// <summary>Wakes the thread after the last <see cref="Push"/> of an interrupt.</summary>
    /// <remarks>Context: hard IRQ.</remarks>
    public void Announce() => _ = _arrived.WakeOne(); // how many were woken does not matter

    /// <inheritdoc/>
    protected internal override int Run()
    {
        Chunk chunk = default;
        HasInput condition = new(this);
        while (true)
        {
            _arrived.WaitIdle(ref condition);
            int count = Ring.Read(chunk);
            _sink.Receive(((ReadOnlySpan<byte>)chunk)[..count]);
        }
    }
}

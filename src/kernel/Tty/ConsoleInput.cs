// The way in of the console: from a driver's interrupt to the terminal, through a ring and a work, so that the terminal may take
// sleeping locks and echo (Linux: flush_to_ldisc).
//
//   interrupt ─ Push ─▶ ring (one writer: the interrupt; one reader: the work, which never runs twice at a time) ─▶ ConsoleInputSink.Receive
//
// When the ring is full the device keeps what it has (Pause) until the work has made room (ConsoleInputSource.Resume): what is
// pasted faster than programs read it is not lost as long as the other side waits.
using System;
using System.Threading;
using Commence.Irq;
using Commence.Lib;
using Commence.Workqueues;

namespace Commence.Terminals;

/// <summary>Who takes the console's input: the terminal.</summary>
public abstract class ConsoleInputSink
{
    /// <summary>Takes received bytes.</summary>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public abstract void Receive(ReadOnlySpan<byte> bytes);
}

/// <summary>Where the console's input comes from: a driver.</summary>
public abstract class ConsoleInputSource : InterruptHandler
{
    /// <summary>There is room again: the device may interrupt.</summary>
    /// <remarks>Context: thread. Called once for each <see cref="ConsoleInput.Pause"/>, perhaps before that returns.</remarks>
    public abstract void Resume();
}

/// <summary>Received bytes on their way to the terminal.</summary>
public sealed class ConsoleInput : Work
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

    private Storage _storage;
    private ByteRingCounters _counters;
    private ConsoleInputSink _sink;
    private ConsoleInputSource? _paused; // waits for room

    /// <summary>Input for <paramref name="sink"/>.</summary>
    public ConsoleInput(ConsoleInputSink sink) => _sink = sink;

    /// <summary>A byte can be added.</summary>
    public bool HasRoom => Ring.Room > 0;

    private ByteRing Ring => new(ref _counters, _storage);

    /// <summary>Adds a received byte. There is room.</summary>
    /// <remarks>Context: hard IRQ of the one device that feeds it.</remarks>
    public void Push(byte value)
    {
        int count = Ring.Write(new ReadOnlySpan<byte>(in value));
        Bug.On(count == 0);
    }

    /// <summary>Has <paramref name="source"/> called when there is room again. There is none now.</summary>
    /// <remarks>Context: hard IRQ of the device. The work looks at this after each read.</remarks>
    public void Pause(ConsoleInputSource source)
    {
        Volatile.Write(ref _paused, source);
        Announce(); // the work may have made room and ended before it could see this
    }

    /// <summary>Queues the work after the last <see cref="Push"/> of an interrupt.</summary>
    /// <remarks>Context: hard IRQ.</remarks>
    public void Announce() => _ = SystemWorkqueues.Unbound.Queue(this); // false: it is going to run, and sees what is there

    /// <inheritdoc/>
    protected internal override void Run()
    {
        Chunk chunk = default;
        do
        {
            int count = Ring.Read(chunk);
            Interlocked.Exchange(ref _paused, null)?.Resume();
            if (count != 0)
                _sink.Receive(((ReadOnlySpan<byte>)chunk)[..count]);
        }
        while (!Ring.IsEmpty);
    }
}

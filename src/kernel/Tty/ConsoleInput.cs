// The way in of the console: from a driver's interrupt to the terminal, through a ring and a thread, so that the terminal
// may take sleeping locks and echo.
//
//   interrupt ─ Push ─▶ ring (one writer: the interrupt; one reader: the thread) ─▶ ttyd ─▶ ConsoleInputSink.Receive
//
// When the ring is full the device keeps what it has (Pause) until the thread has made room (ConsoleInputSource.Resume): what is
// pasted faster than programs read it is not lost as long as the other side waits.
using System;
using System.Threading;
using Commence.Irq;
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

/// <summary>Where the console's input comes from: a driver.</summary>
public abstract class ConsoleInputSource : InterruptHandler
{
    /// <summary>There is room again: the device may interrupt.</summary>
    /// <remarks>Context: thread. Called once for each <see cref="ConsoleInput.Pause"/>, perhaps before that returns.</remarks>
    public abstract void Resume();
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
    /// <remarks>Context: hard IRQ of the device. The thread is awake, and looks at this after each read.</remarks>
    public void Pause(ConsoleInputSource source) => Volatile.Write(ref _paused, source);

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
            Interlocked.Exchange(ref _paused, null)?.Resume();
            _sink.Receive(((ReadOnlySpan<byte>)chunk)[..count]);
        }
    }
}

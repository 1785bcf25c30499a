// What stands between a terminal and its device: it lets bytes through, or holds them while output is stopped.
//
//   open:     Write ─────────────────────────────────▶ device
//   stopped:  Write ─▶ ring of SizeBytes ─(Open)─────▶ device       Discard empties the ring
//
// The ring is what Linux's serial driver has as its transmit buffer: a stopped terminal takes that much before writers wait.
// Tty's lock protects it.
using System;
using System.Runtime.CompilerServices;

namespace Commence.Terminals;

/// <summary>The valve of a terminal's output (STOP and START, TCXONC).</summary>
public sealed class OutputGate : ConsolePort
{
    /// <summary>Bytes that a stopped terminal takes.</summary>
    public const int SizeBytes = 1024;

    private readonly ConsolePort _device;
    private Ring _ring;
    private uint _head;  // next byte held goes to _head mod SizeBytes
    private uint _tail;  // next byte to leave

    [InlineArray(SizeBytes)]
    private struct Ring
    {
        private byte _first;
    }

    /// <summary>A gate, open, in front of <paramref name="device"/>.</summary>
    public OutputGate(ConsolePort device) => _device = device;

    /// <summary>Output is held back.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Bytes held back.</summary>
    public int HeldCount => (int)(_head - _tail);

    /// <summary>Bytes that can be written before one would be lost.</summary>
    public int Room => IsStopped ? SizeBytes - HeldCount : int.MaxValue;

    /// <summary>Sends the bytes, or holds them. What does not fit is lost: writers look at <see cref="Room"/> before, and echo
    /// that nobody can see may go.</summary>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        if (!IsStopped)
        {
            _device.Write(bytes);
            return;
        }

        int count = Math.Min(bytes.Length, Room);
        for (int i = 0; i < count; i++)
            _ring[(int)(_head++ % SizeBytes)] = bytes[i];
    }

    /// <summary>Sends the bytes even while output is stopped.</summary>
    public void WriteThrough(ReadOnlySpan<byte> bytes) => _device.Write(bytes);

    /// <inheritdoc/>
    public override void Drain() => _device.Drain();

    /// <summary>Holds output back from now on.</summary>
    public void Stop() => IsStopped = true;

    /// <summary>Lets output through again, what was held first.</summary>
    public void Open()
    {
        IsStopped = false;
        while (HeldCount > 0)
        {
            int start = (int)(_tail % SizeBytes);
            int count = Math.Min(HeldCount, SizeBytes - start);
            _device.Write(((ReadOnlySpan<byte>)_ring).Slice(start, count));
            _tail += (uint)count;
        }
    }

    /// <summary>Forgets what is held (TCOFLUSH).</summary>
    public void Discard() => _tail = _head;
}

// Remembers what a machine's console printed. Bounded: a machine that prints for ever keeps its latest output.
using System;
using System.Diagnostics;
using System.Text;

namespace Commence.Machine;

/// <summary>The console's output so far.</summary>
public sealed class ConsoleCapture
{
    private const int LengthMax = 8 * 1024 * 1024;

    private readonly object _lock = new();
    private byte[] _bytes = new byte[64 * 1024];
    private int _length;
    private long _lastWrite = Stopwatch.GetTimestamp();

    /// <summary>How long nothing has been printed.</summary>
    public TimeSpan Quiet
    {
        get
        {
            lock (_lock)
                return Stopwatch.GetElapsedTime(_lastWrite);
        }
    }

    /// <summary>Adds what was printed.</summary>
    public void Append(ReadOnlySpan<byte> output)
    {
        lock (_lock)
        {
            if (_length + output.Length > LengthMax)
                ForgetOldest();
            if (_length + output.Length > _bytes.Length)
                Array.Resize(ref _bytes, Math.Max(_length + output.Length, _bytes.Length * 2));
            output.CopyTo(_bytes.AsSpan(_length));
            _length += output.Length;
            _lastWrite = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Gives the text, with plain line ends.</summary>
    public override string ToString()
    {
        lock (_lock)
            return Encoding.UTF8.GetString(_bytes, 0, _length).Replace("\r\n", "\n");
    }

    private void ForgetOldest()
    {
        int kept = _length / 2;
        _bytes.AsSpan(_length - kept, kept).CopyTo(_bytes);
        _length = kept;
    }
}

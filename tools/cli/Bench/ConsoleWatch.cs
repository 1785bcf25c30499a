// Waits for a text on a machine's console, in whatever pieces it arrives.
using System;
using System.Text;

namespace Commence.Cli.Bench;

/// <summary>Calls <paramref name="onFound"/> when the console has printed <paramref name="text"/>.</summary>
internal sealed class ConsoleWatch(string text, Action onFound)
{
    private string _tail = "";

    /// <summary>Reads the next piece.</summary>
    internal void Read(ReadOnlyMemory<byte> output)
    {
        _tail += Encoding.Latin1.GetString(output.Span);
        if (_tail.Contains(text, StringComparison.Ordinal))
            onFound();
        _tail = _tail[Math.Max(0, _tail.Length - text.Length)..];
    }
}

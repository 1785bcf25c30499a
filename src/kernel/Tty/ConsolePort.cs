// The device below a terminal: where its characters go. A driver implements it, and hands input to Tty.ReceiveInput.
using System;

namespace Commence.Terminals;

/// <summary>A way for characters to leave the machine.</summary>
public abstract class ConsolePort
{
    /// <summary>Sends all bytes, in order, as they are.</summary>
    /// <remarks>Context: thread. Sleeps: as long as the device needs, which the driver bounds; a dead device drops bytes.</remarks>
    public abstract void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Waits until what was written has left the machine.</summary>
    /// <remarks>Context: thread. Sleeps: as <see cref="Write"/>.</remarks>
    public virtual void Drain()
    {
    }
}

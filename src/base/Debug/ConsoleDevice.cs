// Where the kernel's own text goes: devices that can always write, registered by the image.
using System;
using System.Threading;

namespace Commence.Debug;

/// <summary>A device that takes bytes at once, by polling (Linux: <c>struct console</c>).</summary>
public abstract class ConsoleDevice
{
    private static ConsoleDevice? s_console; // written by the boot processor before the others start
    private static ConsoleDevice? s_records;

    /// <summary>The console; null before the first driver is registered.</summary>
    public static ConsoleDevice? Console
    {
        get => Volatile.Read(ref s_console);
        set => Volatile.Write(ref s_console, value);
    }

    /// <summary>The record line: machine-readable lines beside the console (docs/record-line.md); null if there is none.</summary>
    public static ConsoleDevice? Records
    {
        get => Volatile.Read(ref s_records);
        set => Volatile.Write(ref s_records, value);
    }

    /// <summary>Writes bytes as they are and returns when the device has taken them; bounded, so that a dead device loses
    /// output rather than hangs the kernel.</summary>
    /// <remarks>Context: any, NMI included. Locks: none; callers serialise (Printk, RecordLine).</remarks>
    public abstract void Write(ReadOnlySpan<byte> bytes);
}

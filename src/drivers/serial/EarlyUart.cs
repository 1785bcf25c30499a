// Which UART earlycon= means: "uart,io,0x3f8", "uart8250,io,0x2f8,9600n8".
//
// Device memory ("mmio", "mmio32") is refused: PCs have their UARTs at I/O ports, and registers in memory are not mapped so early.
// Source: Linux Documentation/admin-guide/kernel-parameters.txt, "earlycon=".
using System;
using Commence.Lib;

namespace Commence.Drivers.Serial;

/// <summary>A UART by the address of its registers.</summary>
public readonly struct EarlyUart
{
    // Ports below are the system board's own, the interrupt controllers among them: a probe there would do harm.
    // Source: 82C37, 8254, 8259A and 8042 in the AT's I/O address map.
    private const ulong PortMin = 0x100;
    private const ulong PortMax = 0x10000 - RegisterCount;
    private const int RegisterCount = 8;

    private EarlyUart(ushort port, bool hasMode, SerialMode mode)
    {
        Port = port;
        HasMode = hasMode;
        Mode = mode;
    }

    /// <summary>The first of its I/O ports.</summary>
    public ushort Port { get; }

    /// <summary>Whether its mode is given; else it stays as firmware has set it.</summary>
    public bool HasMode { get; }

    /// <summary>Speed, parity and bits.</summary>
    public SerialMode Mode { get; }

    /// <summary>Reads a name, the kind of address, the address, and perhaps a mode, with commas between them.</summary>
    /// <returns>False for anything else.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out EarlyUart uart)
    {
        uart = default;
        ReadOnlySpan<byte> name = NextWord(ref text);
        if (!name.SequenceEqual("uart"u8) && !name.SequenceEqual("uart8250"u8))
            return false;
        if (!NextWord(ref text).SequenceEqual("io"u8))
            return false;
        if (!NumberParser.TryParse(NextWord(ref text), out ulong port) || port is < PortMin or > PortMax)
            return false;
        if (!SerialMode.TryParse(text, out SerialMode mode))
            return false;

        uart = new EarlyUart((ushort)port, hasMode: !text.IsEmpty, mode);
        return true;
    }

    private static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> text)
    {
        int comma = text.IndexOf((byte)',');
        ReadOnlySpan<byte> word = comma < 0 ? text : text[..comma];
        text = comma < 0 ? default : text[(comma + 1)..];
        return word;
    }
}

// Which serial ports of a PC are the console.
//
//   without console=     the first port; the second is the record line
//   console=ttyS1 …      those that are named, all of them; the last one is where input comes from
//   console=null         none: the kernel is silent
//
// A port that is a console is no record line. Ports are used from the first line on, whatever names them: earlyprintk= and earlycon=
// matter only where console= does not say more, or with keep_bootcon, or for a port at another place than the first two.
//
// Written by the boot processor in early boot; only read afterwards.
// Source: Linux Documentation/admin-guide/serial-console.rst, kernel-parameters.txt "console=", "earlycon=", "earlyprintk=",
// "keep_bootcon".
using System;
using Commence.Debug;
using Commence.Drivers.Serial;

namespace Commence.Image;

/// <summary>The serial ports as consoles.</summary>
internal static class PcConsole
{
    private const ushort Port1 = 0x3F8;
    private const ushort Port2 = 0x2F8;
    private const int Line1 = 4; // ISA interrupt lines of the ports
    private const int Line2 = 3;

    [Flags]
    private enum Ports : byte
    {
        None = 0,
        First = 1,
        Second = 2,
        Other = 4, // where earlycon= says
    }

    // Made by the compiler: they are needed before anything can be allocated.
    private static readonly Uart16550 s_first = new(new IoPort(Port1));
    private static readonly Uart16550 s_second = new(new IoPort(Port2));
    private static readonly Uart16550 s_other = new(new IoPort(Port1)); // moved before it is used
    private static readonly SeveralPorts s_several = new();

    private static Ports s_named;      // by console=
    private static Ports s_early;      // by earlyprintk= or earlycon=
    private static bool s_isEarlyKept; // beside those that are named
    private static bool s_isNamed;     // there was a console=, be it "null"
    private static Ports s_input = Ports.First;
    private static Ports s_used = Ports.First;

    /// <summary>All ports that are used, as one device.</summary>
    private sealed class SeveralPorts : ConsoleDevice
    {
        /// <inheritdoc/>
        public override void Write(ReadOnlySpan<byte> bytes)
        {
            for (int bit = 1; bit <= (int)Ports.Other; bit <<= 1)
            {
                if ((s_used & (Ports)bit) != 0)
                    UartOf((Ports)bit).Write(bytes);
            }
        }
    }

    /// <summary>Early consoles stay beside those that console= names.</summary>
    [KernelParameter("keep_bootcon", Value = 1, Early = true, Help = "what earlycon= or earlyprintk= names stays a console beside those of console=")]
    internal static bool IsEarlyKept
    {
        get => s_isEarlyKept;
        set
        {
            s_isEarlyKept = value;
            Use();
        }
    }

    /// <summary>Makes console and record line usable.</summary>
    internal static void Start()
    {
        if (s_first.TryInitialise(SerialMode.Default))
            ConsoleDevice.Console = s_first;
        if (s_second.TryInitialise(SerialMode.Default))
            ConsoleDevice.Records = s_second;
    }

    /// <summary>The port whose input is the console's, and its interrupt line.</summary>
    /// <returns>False if there is none: the last console is "null".</returns>
    internal static bool TryGetInput(out Uart16550 port, out int line)
    {
        port = UartOf(s_input);
        line = s_input == Ports.Second ? Line2 : Line1;
        return s_input != Ports.None;
    }

    /// <summary>Makes a port a console.</summary>
    [KernelParameter("console", Syntax = "ttyS0 | ttyS1 | uart[8250],io,0x3f8 | null[,115200n8]", Early = true,
        Help = "where messages go and input comes from; several: to all, from the last")]
    internal static bool Add(ReadOnlySpan<byte> value)
    {
        if (!TryOpen(value, out Ports port))
            return false;
        s_isNamed = true;
        s_named |= port;
        s_input = port;
        Use();
        return true;
    }

    /// <summary>Names the port of the first messages.</summary>
    [KernelParameter("earlyprintk", Syntax = "serial[,ttyS0 | ,ttyS1[,baud]][,keep]", Early = true,
        Help = "port of the messages until console= names another; keep: beside it. The console is early in any case")]
    internal static bool SetEarly(ReadOnlySpan<byte> value)
    {
        bool isKept = value.EndsWith(",keep"u8);
        ReadOnlySpan<byte> name = isKept ? value[..^5] : value;
        if (name.StartsWith("serial,"u8))
            name = name[7..];
        else if (name.SequenceEqual("serial"u8))
            name = "ttyS0"u8;
        if (!name.StartsWith("ttyS"u8) || !TryOpen(name, out Ports port))
            return false;

        s_isEarlyKept |= isKept;
        SetEarly(port);
        return true;
    }

    /// <summary>Names the port of the first messages by its address.</summary>
    [KernelParameter("earlycon", Syntax = "uart[8250],io,0xNNN[,115200n8]", Early = true,
        Help = "UART of the messages until console= names another, or beside it with keep_bootcon; without a value: the console, which is early in any case")]
    internal static bool SetEarlyAddress(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return true;
        if (!EarlyUart.TryParse(value, out EarlyUart wanted))
            return false;

        Ports port = PortAt(wanted.Port);
        IoPort before = s_other.BasePort;
        if (port == Ports.Other)
            s_other.MoveTo(new IoPort(wanted.Port));
        if (!TryOpen(port, in wanted))
        {
            s_other.MoveTo(before);
            Printk.Warning($"earlycon: no UART at I/O port 0x{wanted.Port:x}");
            return false;
        }

        SetEarly(port);
        return true;
    }

    private static void SetEarly(Ports port)
    {
        s_early = port;
        if (!s_isNamed && port != Ports.Other) // of another port the interrupt line is not known
            s_input = port;
        Use();
    }

    private static Uart16550 UartOf(Ports port) => port switch
    {
        Ports.Second => s_second,
        Ports.Other => s_other,
        _ => s_first,
    };

    private static Ports PortAt(ushort number) => number switch
    {
        Port1 => Ports.First,
        Port2 => Ports.Second,
        _ => Ports.Other,
    };

    private static bool TryOpen(Ports port, in EarlyUart wanted) =>
        wanted.HasMode ? UartOf(port).TryInitialise(wanted.Mode) : UartOf(port).IsThere();

    // "ttyS1,9600n8", "uart,io,0x2f8,9600n8": is there such a port, and does it take that mode?
    private static bool TryOpen(ReadOnlySpan<byte> value, out Ports port)
    {
        if (EarlyUart.TryParse(value, out EarlyUart wanted))
        {
            port = PortAt(wanted.Port);
            return port != Ports.Other && TryOpen(port, in wanted); // of another the interrupt line is not known
        }

        int comma = value.IndexOf((byte)',');
        ReadOnlySpan<byte> name = comma < 0 ? value : value[..comma];
        port = name.SequenceEqual("ttyS0"u8) ? Ports.First : name.SequenceEqual("ttyS1"u8) ? Ports.Second : Ports.None;
        if (port == Ports.None)
            return comma < 0 && (name.IsEmpty || name.SequenceEqual("null"u8) || name.SequenceEqual("ttynull"u8));
        if (!SerialMode.TryParse(comma < 0 ? default : value[(comma + 1)..], out SerialMode mode))
            return false;
        return UartOf(port).TryInitialise(mode);
    }

    private static void Use()
    {
        Ports ports = s_isNamed ? s_named : s_early;
        if (s_isNamed && s_isEarlyKept)
            ports |= s_early;
        if (!s_isNamed && s_early == Ports.None)
            ports = Ports.First;
        s_used = ports;
        ConsoleDevice.Console = ports switch
        {
            Ports.None => null,
            Ports.First or Ports.Second or Ports.Other => UartOf(ports),
            _ => s_several,
        };
        if ((ports & Ports.Second) == 0)
        {
            ConsoleDevice.Records = s_second.TryInitialise(SerialMode.Default) ? s_second : null;
        }
        else if (ConsoleDevice.Records is not null)
        {
            ConsoleDevice.Records = null;
            Printk.Warning($"ttyS1 is a console: there is no record line");
        }
    }
}

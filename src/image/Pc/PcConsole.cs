// Which serial ports of a PC are the console.
//
//   without console=     the first port; the second is the record line
//   console=ttyS1 …      those that are named, all of them; the last one is where input comes from
//   console=null         none: the kernel is silent
//
// A port that is a console is no record line. Ports are used from the first line on, whatever names them: earlyprintk= matters
// only where console= does not say more.
//
// Written by the boot processor in early boot; only read afterwards.
// Source: Linux Documentation/admin-guide/serial-console.rst, kernel-parameters.txt "console=", "earlyprintk=".
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
    }

    // Made by the compiler: they are needed before anything can be allocated.
    private static readonly Uart16550 s_first = new(new IoPort(Port1));
    private static readonly Uart16550 s_second = new(new IoPort(Port2));
    private static readonly BothPorts s_both = new();

    private static Ports s_named;    // by console=
    private static Ports s_kept;     // by earlyprintk=…,keep
    private static bool s_isNamed;   // there was a console=, be it "null"
    private static Ports s_input = Ports.First;

    /// <summary>Both ports as one device.</summary>
    private sealed class BothPorts : ConsoleDevice
    {
        /// <inheritdoc/>
        public override void Write(ReadOnlySpan<byte> bytes)
        {
            s_first.Write(bytes);
            s_second.Write(bytes);
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
        port = s_input == Ports.Second ? s_second : s_first;
        line = s_input == Ports.Second ? Line2 : Line1;
        return s_input != Ports.None;
    }

    /// <summary>Makes a port a console.</summary>
    [KernelParameter("console", Syntax = "ttyS0 | ttyS1 | null[,115200n8]", Early = true,
        Help = "where messages go and input comes from; several: to all, from the last")]
    internal static bool Add(ReadOnlySpan<byte> value)
    {
        if (!TryOpen(value, out Ports port))
            return false;
        s_isNamed = true;
        s_named |= port;
        s_input = port;
        Use(s_named | s_kept);
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

        s_kept = isKept ? port : Ports.None;
        Use(s_isNamed ? s_named | s_kept : port);
        s_input = s_isNamed ? s_input : port;
        return true;
    }

    // "ttyS1,9600n8": is there such a port, and does it take that mode?
    private static bool TryOpen(ReadOnlySpan<byte> value, out Ports port)
    {
        int comma = value.IndexOf((byte)',');
        ReadOnlySpan<byte> name = comma < 0 ? value : value[..comma];
        port = name.SequenceEqual("ttyS0"u8) ? Ports.First : name.SequenceEqual("ttyS1"u8) ? Ports.Second : Ports.None;
        if (port == Ports.None)
            return comma < 0 && (name.IsEmpty || name.SequenceEqual("null"u8) || name.SequenceEqual("ttynull"u8));
        if (!SerialMode.TryParse(comma < 0 ? default : value[(comma + 1)..], out SerialMode mode))
            return false;
        return (port == Ports.First ? s_first : s_second).TryInitialise(mode);
    }

    private static void Use(Ports ports)
    {
        ConsoleDevice.Console = ports switch
        {
            Ports.First => s_first,
            Ports.Second => s_second,
            Ports.None => null,
            _ => s_both,
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

// Terminal settings as ioctl carries them, and the meaning of each bit.
//
// Source: Linux UAPI, asm-generic/termbits.h (struct termios, flags, positions in c_cc), asm-generic/termios.h
// (struct winsize), asm-generic/ioctls.h (request numbers). POSIX.1-2017, chapter 11, General Terminal Interface.
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Commence.Abi;

/// <summary>Settings of a terminal (Linux: the kernel's <c>struct termios</c>, of TCGETS); 36 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Termios
{
    public InputModes Input;
    public OutputModes Output;
    public uint Control;
    public LocalModes Local;
    public byte LineDiscipline;
    public ControlCharacters Characters;
}

/// <summary>Settings with the speeds as numbers (Linux: <c>struct termios2</c>, of TCGETS2); 44 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Termios2
{
    public Termios Basic;

    /// <summary>Bits per second; counts only where <c>c_cflag</c> says BOTHER.</summary>
    public uint InputSpeed;

    /// <inheritdoc cref="InputSpeed"/>
    public uint OutputSpeed;
}

/// <summary>What TIOCGSERIAL tells of a serial line (Linux: <c>struct serial_struct</c>); 72 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public struct SerialSettings
{
    /// <summary>Kind of chip (<c>PORT_*</c>).</summary>
    [FieldOffset(0)] public int Type;

    /// <summary>Number of the line: n of <c>ttySn</c>.</summary>
    [FieldOffset(4)] public int Line;
}

/// <summary>The special characters, by <see cref="ControlCharacter"/>.</summary>
[InlineArray(Count)]
public struct ControlCharacters
{
    public const int Count = 19;

    private byte _first;

    /// <summary>The character with this function; 0 means that there is none.</summary>
    public readonly byte Get(ControlCharacter function) => this[(int)function];
}

/// <summary>Functions of special characters: positions in <c>c_cc</c>.</summary>
public enum ControlCharacter
{
    Interrupt = 0,
    Quit = 1,
    Erase = 2,
    Kill = 3,
    EndOfFile = 4,
    Time = 5,
    Min = 6,
    Swtc = 7,
    Start = 8,
    Stop = 9,
    Suspend = 10,
    EndOfLine = 11,
    Reprint = 12,
    Discard = 13,
    WordErase = 14,
    LiteralNext = 15,
    EndOfLine2 = 16,
}

/// <summary>How input bytes are changed (<c>c_iflag</c>).</summary>
[Flags]
public enum InputModes : uint
{
    IGNBRK = 0x0001,
    BRKINT = 0x0002,
    IGNPAR = 0x0004,
    PARMRK = 0x0008,
    INPCK = 0x0010,
    ISTRIP = 0x0020,
    INLCR = 0x0040,
    IGNCR = 0x0080,
    ICRNL = 0x0100,
    IUCLC = 0x0200,
    IXON = 0x0400,
    IXANY = 0x0800,
    IXOFF = 0x1000,
    IMAXBEL = 0x2000,
    IUTF8 = 0x4000,
}

/// <summary>How output bytes are changed (<c>c_oflag</c>).</summary>
[Flags]
public enum OutputModes : uint
{
    OPOST = 0x01,
    OLCUC = 0x02,
    ONLCR = 0x04,
    OCRNL = 0x08,
    ONOCR = 0x10,
    ONLRET = 0x20,

    /// <summary>Both bits of the tab delay: tabs become spaces.</summary>
    XTABS = 0x1800,
}

/// <summary>How lines are edited and signals made (<c>c_lflag</c>).</summary>
[Flags]
public enum LocalModes : uint
{
    ISIG = 0x0001,
    ICANON = 0x0002,
    XCASE = 0x0004,
    ECHO = 0x0008,
    ECHOE = 0x0010,
    ECHOK = 0x0020,
    ECHONL = 0x0040,
    NOFLSH = 0x0080,
    TOSTOP = 0x0100,
    ECHOCTL = 0x0200,
    ECHOPRT = 0x0400,
    ECHOKE = 0x0800,
    FLUSHO = 0x1000,
    PENDIN = 0x4000,
    IEXTEN = 0x8000,
    EXTPROC = 0x10000,
}

/// <summary>Bits of <c>c_cflag</c> that this kernel sets.</summary>
public static class ControlModes
{
    public const uint B38400 = 0x000F;
    public const uint B115200 = 0x1002;
    public const uint SpeedMask = 0x100F;
    public const uint CS8 = 0x0030;
    public const uint CREAD = 0x0080;
    public const uint HUPCL = 0x0400;
    public const uint CLOCAL = 0x0800;
}

/// <summary>Size of a terminal in characters and pixels (Linux: <c>struct winsize</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct WindowSize
{
    public ushort Rows;
    public ushort Columns;
    public ushort PixelsX;
    public ushort PixelsY;
}

/// <summary>Request numbers of <c>ioctl</c>.</summary>
public static class IoctlRequest
{
    public const uint TCGETS = 0x5401;
    public const uint TCSETS = 0x5402;
    public const uint TCSETSW = 0x5403;
    public const uint TCSETSF = 0x5404;
    public const uint TCSBRK = 0x5409;
    public const uint TCXONC = 0x540A;
    public const uint TCFLSH = 0x540B;
    public const uint TIOCEXCL = 0x540C;
    public const uint TIOCNXCL = 0x540D;
    public const uint TIOCSCTTY = 0x540E;
    public const uint TIOCGPGRP = 0x540F;
    public const uint TIOCSPGRP = 0x5410;
    public const uint TIOCOUTQ = 0x5411;
    public const uint TIOCSTI = 0x5412;
    public const uint TIOCGWINSZ = 0x5413;
    public const uint TIOCSWINSZ = 0x5414;
    public const uint FIONREAD = 0x541B;
    public const uint TIOCGSERIAL = 0x541E;
    public const uint FIONBIO = 0x5421;
    public const uint TIOCNOTTY = 0x5422;
    public const uint TIOCGETD = 0x5424;
    public const uint TCSBRKP = 0x5425;
    public const uint TIOCGSID = 0x5429;
    public const uint TIOCVHANGUP = 0x5437;
    public const uint FIONCLEX = 0x5450;
    public const uint FIOCLEX = 0x5451;
    public const uint TCGETS2 = 0x802C_542A;
    public const uint TCSETS2 = 0x402C_542B;
    public const uint TCSETSW2 = 0x402C_542C;
    public const uint TCSETSF2 = 0x402C_542D;
    public const uint TIOCGDEV = 0x8004_5432;
    public const uint TIOCGEXCL = 0x8004_5440;
}

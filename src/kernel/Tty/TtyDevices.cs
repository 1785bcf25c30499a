// The device files of terminals.
//
//   5:0  /dev/tty       the caller's controlling terminal
//   5:1  /dev/console   the console: never becomes a controlling terminal by being opened
//   4:64 /dev/ttyS0     the first serial line, which is the console too
//
// Source: Linux Documentation/admin-guide/devices.txt (numbers); open(2), O_NOCTTY.
using Commence.Abi;
using Commence.Fs;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Terminals;

/// <summary>Opens terminals by device number.</summary>
public sealed class TtyDevices : CharacterDevice
{
    private const uint ControllingMinor = 0;
    private const uint ConsoleMinor = 1;

    private readonly Tty _console;

    private TtyDevices(Tty console) => _console = console;

    /// <summary>The number of <c>/dev/ttyS0</c>.</summary>
    public static DeviceNumber FirstSerialLine => new(DeviceNodes.TerminalMajor, DeviceNodes.SerialMinorFirst);

    /// <summary>The number of <c>/dev/console</c>.</summary>
    public static DeviceNumber Console => new(DeviceNodes.ConsoleMajor, ConsoleMinor);

    /// <summary>Makes the device files work.</summary>
    internal static void Register(Tty console)
    {
        CharacterDevices.Register(new TtyDevices(console), DeviceNodes.ConsoleMajor, ControllingMinor, minorCount: 2);
        CharacterDevices.Register(new TtyDevices(console), DeviceNodes.TerminalMajor, DeviceNodes.SerialMinorFirst, minorCount: 1);
    }

    /// <inheritdoc/>
    public override Result<File> Open(Path path, OpenFlags flags, DeviceNumber device)
    {
        bool isConsole = device == Console;
        Tty? terminal = device.Major == DeviceNodes.ConsoleMajor && !isConsole ? ControllingTerminal() : _console;
        if (terminal is null)
            return Errno.ENXIO;

        Result<TtyFile> opened = TtyFile.Open(terminal, path, flags, isConsole);
        if (!opened.IsOk)
            return opened.Error;
        if (!isConsole && (flags & OpenFlags.O_NOCTTY) == 0)
            terminal.OfferControl(opened.Value);
        return opened.Value;
    }

    private static Tty? ControllingTerminal()
    {
        UserThread? self = Task.Current.User;
        return self is null ? null : Tty.ControllingTerminalOf(self.Process);
    }
}

// The machine's one terminal: made at boot, fed by the console's device, opened for the first program.
using Commence.Abi;
using Commence.Fs;

namespace Commence.Terminals;

/// <summary>The console as a terminal.</summary>
public static class ConsoleTerminal
{
    private const int StandardCount = 3; // input, output, errors

    private static Tty? s_instance;

    /// <summary>The terminal; null before <see cref="Initialise"/>.</summary>
    public static Tty? Instance
    {
        get => System.Threading.Volatile.Read(ref s_instance);
        private set => System.Threading.Volatile.Write(ref s_instance, value);
    }

    /// <summary>Makes the terminal and its device files, and starts the devices that feed it.</summary>
    /// <remarks>Context: pid 1, once, before the first program.</remarks>
    [Initcall(InitcallLevel.Fs)]
    public static void Initialise()
    {
        Tty console = new(new SystemConsolePort(), TtyDevices.FirstSerialLine);
        TtyDevices.Register(console);
        Instance = console;
    }

    /// <summary>Opens the console as descriptors 0, 1 and 2 of the first program (Linux: <c>console_on_rootfs</c>).</summary>
    /// <param name="files">Its descriptors; none is open.</param>
    /// <param name="view">Where <c>/dev/console</c> is looked up. Without such a file the console is opened all the same, nameless.</param>
    /// <returns>ENOMEM or none.</returns>
    /// <remarks>Context: pid 1.</remarks>
    public static Errno ConsoleOnRootfs(FileTable files, in FsView view)
    {
        Result<File> opened = Vfs.Open(in view, default, "/dev/console"u8, OpenFlags.ReadWrite, mode: 0);
        if (!opened.IsOk)
        {
            Printk.Warning($"Warning: unable to open an initial console: /dev/console: {opened.Error.Name()}; opened without a name");
            opened = OpenNameless();
        }

        if (!opened.IsOk)
            return opened.Error;

        Errno error = Errno.None;
        for (int descriptor = 0; descriptor < StandardCount && error == Errno.None; descriptor++)
            error = files.Replace(descriptor, opened.Value, FileTable.CountMax, closeOnExec: false);
        opened.Value.Put(); // the table has uses of its own
        return error;
    }

    private static Result<File> OpenNameless()
    {
        Result<TtyFile> opened = TtyFile.Open(Instance!, default, OpenFlags.ReadWrite, isConsole: true);
        return opened.IsOk ? opened.Value : opened.Error;
    }
}

// MachineSpec to the arguments of qemu-system-x86_64.
//
//   COM1 (0x3f8)  the console, as it is
//   COM2 (0x2f8)  the record line (docs/record-line.md)
//   QMP           control: start, events, quit
//   gdb           processors and memory, for who wants to spoil them (Gdb/GdbClient.cs)
//
// QEMU connects to sockets on which we already listen, so nobody polls for them. The machine is created stopped
// (-S) and continued over QMP, so no event can be missed; it pauses when it shuts down or resets, so the reason
// of the end can always be asked for. A triple fault leaves no other trace than the reset log: hence -d cpu_reset.
using System.Collections.Generic;
using System.Globalization;

namespace Commence.Machine;

/// <summary>Builds QEMU's command line.</summary>
public static class QemuCommandLine
{
    /// <summary>The emulator's program name.</summary>
    public const string Program = "qemu-system-x86_64";

    /// <summary>Gives the arguments that boot <paramref name="spec"/> with its lines connected to <paramref name="lines"/>.</summary>
    public static IReadOnlyList<string> Build(MachineSpec spec, MachineLines lines)
    {
        List<string> arguments =
        [
            "-M", spec.Machine,
            "-cpu", spec.CpuModel,
            "-accel", spec.Accelerator,
            "-m", Number(spec.MemoryMiB),
            "-smp", Smp(spec),
            "-no-user-config", "-nodefaults", "-display", "none",
            "-action", "reboot=shutdown,shutdown=pause",
            "-S",
            "-chardev", Line("console", lines.ConsolePath, lines.HasFiles),
            "-chardev", Line("records", lines.RecordPath, lines.HasFiles),
            "-chardev", Socket("qmp", lines.QmpPath),
            "-serial", "chardev:console",
            "-device", "isa-serial,chardev=records,iobase=0x2f8,irq=3",
            "-mon", "chardev=qmp,mode=control",
            .. spec.Disc is string disc ? FromDisc(disc) : FromKernel(spec),
        ];
        if (!spec.IsMeasured)
            arguments.AddRange(["-d", "cpu_reset", "-D", lines.ResetLogPath]);
        if (spec.Uefi is UefiFirmware uefi)
            arguments.AddRange(Flash(uefi, lines));
        if (spec.Firmware is not null)
            arguments.AddRange(["-bios", spec.Firmware]);
        if (spec.GdbPort is int port)
            arguments.AddRange(["-gdb", $"tcp:127.0.0.1:{Number(port)}"]);
        if (lines.HasDebugger)
            arguments.AddRange(["-chardev", Socket("gdb", lines.DebuggerPath), "-gdb", "chardev:gdb"]);
        arguments.AddRange(spec.ExtraArguments);
        return arguments;
    }

    private static IEnumerable<string> FromKernel(MachineSpec spec)
    {
        List<string> arguments = ["-kernel", spec.Kernel];
        if (spec.Initrd is not null)
            arguments.AddRange(["-initrd", spec.Initrd]);
        if (spec.CommandLine.Length > 0)
            arguments.AddRange(["-append", spec.CommandLine]);
        return arguments;
    }

    private static string[] FromDisc(string disc) =>
        ["-drive", $"media=cdrom,format=raw,readonly=on,file={Escape(disc)}", "-boot", "order=d"];

    private static string[] Flash(UefiFirmware uefi, MachineLines lines) =>
    [
        "-drive", $"if=pflash,format=raw,unit=0,readonly=on,file={Escape(uefi.Code)}",
        "-drive", $"if=pflash,format=raw,unit=1,file={Escape(lines.UefiVariablesPath)}",
    ];

    private static string Smp(MachineSpec spec) =>
        spec.Sockets is int sockets ? $"{Number(spec.Cpus)},sockets={Number(sockets)}" : Number(spec.Cpus);

    private static string Line(string id, string path, bool isFile) =>
        isFile ? $"file,id={id},path={Escape(path)}" : Socket(id, path);

    private static string Socket(string id, string path) =>
        $"socket,id={id},path={Escape(path)},server=off";

    // A comma ends a value in QEMU's option syntax, unless it is doubled.
    private static string Escape(string path) => path.Replace(",", ",,");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

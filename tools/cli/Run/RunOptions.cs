// The options of ./commence run, and the request that they make.
using System;
using System.CommandLine;
using System.IO;
using Commence.Machine;

namespace Commence.Cli.Run;

/// <summary>What the user may say.</summary>
internal static class RunOptions
{
    private const int GdbPortDefault = 1234;

    // A program that has not ended by then hangs; an emulated processor is some 20 times slower than a real one.
    private static readonly TimeSpan s_programTimeout = TimeSpan.FromSeconds(60);

    private static readonly Option<int> s_cpus = new("--cpus")
    {
        Description = "Number of processors",
        HelpName = "N",
        DefaultValueFactory = static _ => 1,
    };

    private static readonly Option<int?> s_sockets = new("--sockets")
    {
        Description = "Packages they are spread over (default: one)",
        HelpName = "N",
    };

    private static readonly Option<string> s_machine = new("--machine")
    {
        Description = "QEMU machine with its properties: q35, pc, microvm, pc,acpi=off …",
        HelpName = "TYPE",
        DefaultValueFactory = static _ => "q35",
    };

    private static readonly Option<int> s_memory = new("--memory")
    {
        Description = "Memory",
        HelpName = "MiB",
        DefaultValueFactory = static _ => 256,
    };

    private static readonly Option<double?> s_timeout = new("--timeout")
    {
        Description = "Seconds after which the machine is ended; 0 is never (default: 60 for a program, never for a shell)",
        HelpName = "S",
    };

    private static readonly Option<int?> s_gdb = new("--gdb")
    {
        Description = $"Wait for gdb on a local port (default: {GdbPortDefault}) before starting; no timeout",
        HelpName = "PORT",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> s_boot = new("--boot")
    {
        Description = "Who loads the kernel: QEMU itself, or GRUB from a disc (default: kernel, but iso for UEFI)",
        HelpName = "kernel|iso",
        DefaultValueFactory = static _ => "",
    };

    private static readonly Option<string?> s_iso = new("--iso")
    {
        Description = "Boot this disc, with what it contains; ./commence image makes one",
        HelpName = "FILE",
    };

    private static readonly Option<string?> s_firmware = new("--firmware")
    {
        Description = "SeaBIOS, OVMF (UEFI), qboot or a file (default: the machine's own)",
        HelpName = "bios|ovmf|qboot|FILE",
    };

    static RunOptions() => s_boot.AcceptOnlyFromAmong("kernel", "iso");

    /// <summary>Adds all options to the command.</summary>
    internal static void AddTo(Command command)
    {
        Option[] options = [s_cpus, s_sockets, s_machine, s_memory, s_firmware, s_boot, s_iso, s_timeout, s_gdb];
        foreach (Option option in options)
            command.Options.Add(option);
        PayloadOptions.AddTo(command);
    }

    /// <summary>Reads what the user said.</summary>
    /// <remarks>Fails: throws <see cref="CommandException"/> for what makes no sense.</remarks>
    internal static RunRequest Read(ParseResult parsed)
    {
        string? iso = parsed.GetValue(s_iso);
        Payload payload = PayloadOptions.Read(parsed, isOnDisc: iso is not null);
        bool isDebugged = parsed.GetResult(s_gdb) is not null;
        double? seconds = parsed.GetValue(s_timeout);
        string machine = parsed.GetValue(s_machine)!;
        string? firmware = parsed.GetValue(s_firmware);
        bool isUefi = firmware == "ovmf";
        RunRequest request = new(payload)
        {
            Cpus = parsed.GetValue(s_cpus),
            Sockets = parsed.GetValue(s_sockets),
            Machine = machine,
            MemoryMiB = parsed.GetValue(s_memory),
            Timeout = seconds switch
            {
                0 => null,
                double given => TimeSpan.FromSeconds(given),
                null => payload.IsInteractive || isDebugged ? null : s_programTimeout,
            },
            GdbPort = isDebugged ? parsed.GetValue(s_gdb) ?? GdbPortDefault : null,
            Iso = iso,
            IsFromDisc = iso is not null || (parsed.GetValue(s_boot) is { Length: > 0 } boot ? boot == "iso" : isUefi),
            Firmware = isUefi ? null : FirmwareFile(firmware, machine),
            Uefi = isUefi ? UefiFirmware.Ovmf : null,
        };
        Check(request);
        return request;
    }

    // QEMU finds its own by their names.
    private static string? FirmwareFile(string? firmware, string machine) => firmware switch
    {
        null => null,
        "bios" => IsMicrovm(machine) ? "bios-microvm.bin" : "bios-256k.bin",
        "qboot" => "qboot.rom",
        _ when File.Exists(firmware) => Path.GetFullPath(firmware),
        _ => throw new CommandException(ExitStatus.BadRequest, $"--firmware: there is no file {firmware}; known names are bios, ovmf and qboot"),
    };

    private static bool IsMicrovm(string machine) => machine.Split(',')[0] == "microvm";

    private static void Check(RunRequest request)
    {
        if (request.Cpus < 1 || request.Sockets is < 1)
            throw new CommandException(ExitStatus.BadRequest, "a machine has at least one processor in one package");
        if (request.Sockets is int sockets && request.Cpus % sockets != 0)
            throw new CommandException(ExitStatus.BadRequest, $"--cpus {request.Cpus} cannot be spread over --sockets {sockets}");
        if (request.MemoryMiB < 1)
            throw new CommandException(ExitStatus.BadRequest, "--memory must be at least 1");
        if (request.Timeout < TimeSpan.Zero)
            throw new CommandException(ExitStatus.BadRequest, "--timeout must not be negative");
        if (request.Iso is not null && !File.Exists(request.Iso))
            throw new CommandException(ExitStatus.BadRequest, $"--iso: there is no file {request.Iso}");
        if (request.Uefi is not null && !request.IsFromDisc)
            throw new CommandException(ExitStatus.BadRequest, "QEMU cannot load the kernel into a machine with UEFI; --boot iso can");
        if (request.IsFromDisc && IsMicrovm(request.Machine))
            throw new CommandException(ExitStatus.BadRequest, "a microvm has no drive for a disc");
    }
}

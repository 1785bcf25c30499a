// The options of ./commence run, and the request that they make.
using System;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.IO;
using System.Linq;

namespace Commence.Cli.Run;

/// <summary>What the user may say.</summary>
internal static class RunOptions
{
    private const int GdbPortDefault = 1234;

    // A program that has not ended by then hangs; an emulated processor is some 20 times slower than a real one.
    private static readonly TimeSpan s_programTimeout = TimeSpan.FromSeconds(60);

    private static readonly Option<string> s_arch = CommonOptions.Arch();

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

    private static readonly Option<string?> s_rootfs = new("--rootfs")
    {
        Description = "Directory that becomes the machine's file system (default: busybox)",
        HelpName = "DIR",
    };

    private static readonly Option<string?> s_initrd = new("--initrd")
    {
        Description = "File that QEMU loads as initial RAM file system, as it is",
        HelpName = "FILE",
    };

    private static readonly Option<string> s_append = new("--append")
    {
        Description = "More kernel parameters",
        HelpName = "TEXT",
        DefaultValueFactory = static _ => "",
    };

    private static readonly Option<double?> s_timeout = new("--timeout")
    {
        Description = "Seconds after which the machine is ended; 0 is never (default: 60 for a program, never for a shell)",
        HelpName = "S",
    };

    private static readonly Option<bool> s_interactive = new("--interactive", "-i")
    {
        Description = "Connect the keyboard to the program, as for the shell",
    };

    private static readonly Option<bool> s_quiet = new("--quiet", "-q")
    {
        Description = "Keep the kernel's own messages off the console",
    };

    private static readonly Option<int?> s_gdb = new("--gdb")
    {
        Description = $"Wait for gdb on a local port (default: {GdbPortDefault}) before starting; no timeout",
        HelpName = "PORT",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> s_noBuild = new("--no-build")
    {
        Description = "Boot the image that is there",
    };

    private static readonly Option<string?> s_kernel = new("--kernel")
    {
        Description = "Boot this image; nothing is built",
        HelpName = "FILE",
    };

    private static readonly Option<bool> s_verbose = CommonOptions.Verbose();

    private static readonly Argument<string[]> s_program = new("program")
    {
        Description = "Program and its arguments, after --; without it, a shell",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>Adds all options to the command.</summary>
    internal static void AddTo(Command command)
    {
        Option[] options =
        [
            s_arch, s_cpus, s_sockets, s_machine, s_memory, s_rootfs, s_initrd, s_append, s_timeout,
            s_interactive, s_quiet, s_gdb, s_noBuild, s_kernel, s_verbose,
        ];
        foreach (Option option in options)
            command.Options.Add(option);
        command.Arguments.Add(s_program);
    }

    /// <summary>Reads what the user said.</summary>
    /// <remarks>Fails: throws <see cref="CommandException"/> for what makes no sense.</remarks>
    internal static RunRequest Read(ParseResult parsed)
    {
        string[] program = ProgramWords(parsed);
        bool isDebugged = parsed.GetResult(s_gdb) is not null;
        bool isInteractive = program.Length == 0 || parsed.GetValue(s_interactive);
        double? seconds = parsed.GetValue(s_timeout);
        RunRequest request = new()
        {
            Arch = parsed.GetValue(s_arch)!,
            Cpus = parsed.GetValue(s_cpus),
            Sockets = parsed.GetValue(s_sockets),
            Machine = parsed.GetValue(s_machine)!,
            MemoryMiB = parsed.GetValue(s_memory),
            Rootfs = parsed.GetValue(s_rootfs),
            Initrd = parsed.GetValue(s_initrd),
            Append = parsed.GetValue(s_append)!,
            Timeout = seconds switch
            {
                0 => null,
                double given => TimeSpan.FromSeconds(given),
                null => isInteractive || isDebugged ? null : s_programTimeout,
            },
            GdbPort = isDebugged ? parsed.GetValue(s_gdb) ?? GdbPortDefault : null,
            IsInteractive = isInteractive,
            IsQuiet = parsed.GetValue(s_quiet),
            Kernel = parsed.GetValue(s_kernel) ?? Repository.KernelImage(parsed.GetValue(s_arch)!),
            IsBuilt = !parsed.GetValue(s_noBuild) && parsed.GetValue(s_kernel) is null,
            IsVerbose = parsed.GetValue(s_verbose),
            Command = program,
        };
        Check(request);
        return request;
    }

    // Only what follows "--": before it, a misspelt option would pass for a program.
    private static string[] ProgramWords(ParseResult parsed)
    {
        string[] words = parsed.GetValue(s_program) ?? [];
        int after = parsed.Tokens.Reverse().TakeWhile(static token => token.Type != TokenType.DoubleDash).Count();
        bool hasDashes = parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash);
        if (words.Length > (hasDashes ? after : 0))
            throw new CommandException(ExitStatus.BadRequest, words[0].StartsWith('-')
                ? $"unknown option {words[0]}; try ./commence run --help"
                : $"the program goes after --: ./commence run [options] -- {string.Join(' ', words)}");
        return words;
    }

    private static void Check(RunRequest request)
    {
        if (!request.IsBuilt && !File.Exists(request.Kernel))
            throw new CommandException(ExitStatus.BadRequest, $"there is no kernel image {request.Kernel}");
        if (request.Rootfs is not null && request.Initrd is not null)
            throw new CommandException(ExitStatus.BadRequest, "--rootfs and --initrd exclude each other");
        if (request.Cpus < 1 || request.Sockets is < 1)
            throw new CommandException(ExitStatus.BadRequest, "a machine has at least one processor in one package");
        if (request.Sockets is int sockets && request.Cpus % sockets != 0)
            throw new CommandException(ExitStatus.BadRequest, $"--cpus {request.Cpus} cannot be spread over --sockets {sockets}");
        if (request.MemoryMiB < 1)
            throw new CommandException(ExitStatus.BadRequest, "--memory must be at least 1");
        if (request.Timeout < TimeSpan.Zero)
            throw new CommandException(ExitStatus.BadRequest, "--timeout must not be negative");
    }
}

// ./commence run: build, pack, boot, report.
using System;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Build;
using Commence.Cli.Host;
using Commence.Machine;

namespace Commence.Cli.Run;

/// <summary>Boots a machine and ends with its program's exit status.</summary>
internal static class RunCommand
{
    // A program that has not ended by then hangs; an emulated processor is some 20 times slower than a real one.
    private static readonly TimeSpan s_programTimeout = TimeSpan.FromSeconds(60);

    private static readonly Option<string> s_arch = CommonOptions.Arch();
    private static readonly Option<int> s_cpus = new("--cpus") { Description = "Number of processors", HelpName = "N", DefaultValueFactory = static _ => 1 };
    private static readonly Option<int?> s_sockets = new("--sockets") { Description = "Packages they are spread over (default: one)", HelpName = "N" };
    private static readonly Option<string> s_machine = new("--machine") { Description = "QEMU machine with its properties: q35, pc, microvm, pc,acpi=off …", HelpName = "TYPE", DefaultValueFactory = static _ => "q35" };
    private static readonly Option<int> s_memory = new("--memory") { Description = "Memory", HelpName = "MiB", DefaultValueFactory = static _ => 256 };
    private static readonly Option<string?> s_rootfs = new("--rootfs") { Description = "Directory that becomes the machine's file system (default: busybox)", HelpName = "DIR" };
    private static readonly Option<string?> s_initrd = new("--initrd") { Description = "File that QEMU loads as initial RAM file system, as it is", HelpName = "FILE" };
    private static readonly Option<string> s_append = new("--append") { Description = "More kernel parameters", HelpName = "TEXT", DefaultValueFactory = static _ => "" };
    private static readonly Option<double?> s_timeout = new("--timeout") { Description = "Seconds after which the machine is ended; 0 is never (default: 60 for a program, never for a shell)", HelpName = "S" };
    private static readonly Option<bool> s_interactive = new("--interactive", "-i") { Description = "Connect the keyboard to the program, as for the shell" };
    private static readonly Option<bool> s_quiet = new("--quiet", "-q") { Description = "Keep the kernel's own messages off the console" };
    private static readonly Option<int?> s_gdb = new("--gdb") { Description = "Wait for gdb on a local port (default: 1234) before starting; no timeout", HelpName = "PORT", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> s_noBuild = new("--no-build") { Description = "Boot the image that is there" };
    private static readonly Option<string?> s_kernel = new("--kernel") { Description = "Boot this image; nothing is built", HelpName = "FILE" };
    private static readonly Option<bool> s_verbose = CommonOptions.Verbose();
    private static readonly Argument<string[]> s_program = new("program") { Description = "Program and its arguments, after --; without it, a shell", Arity = ArgumentArity.ZeroOrMore };

    internal static Command Create()
    {
        Command command = new("run", "Boot a machine and run a program on it")
        {
            s_arch, s_cpus, s_sockets, s_machine, s_memory, s_rootfs, s_initrd, s_append, s_timeout,
            s_interactive, s_quiet, s_gdb, s_noBuild, s_kernel, s_verbose, s_program,
        };
        command.SetAction(static (parsed, stop) => RunAsync(Request(parsed), stop));
        return command;
    }

    private static RunRequest Request(ParseResult parsed)
    {
        string[] program = ProgramWords(parsed);
        bool isDebugged = parsed.GetResult(s_gdb) is not null;
        bool isInteractive = program.Length == 0 || parsed.GetValue(s_interactive);
        double? seconds = parsed.GetValue(s_timeout);
        return new RunRequest
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
            GdbPort = isDebugged ? parsed.GetValue(s_gdb) ?? 1234 : null,
            IsInteractive = isInteractive,
            IsQuiet = parsed.GetValue(s_quiet),
            Kernel = parsed.GetValue(s_kernel) ?? Repository.KernelImage(parsed.GetValue(s_arch)!),
            IsBuilt = !parsed.GetValue(s_noBuild) && parsed.GetValue(s_kernel) is null,
            IsVerbose = parsed.GetValue(s_verbose),
            Program = program.Length > 0 ? program[0] : null,
            Arguments = program.Length > 1 ? program[1..] : [],
        };
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

    private static async Task<int> RunAsync(RunRequest request, CancellationToken stop)
    {
        Check(request);
        await PrepareAsync(request, stop);
        using RootFileSystem files = RootFileSystem.Make(request);
        CheckMemory(request, files);
        MachineSpec spec = Spec(request, files);

        using CancellationTokenSource leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using ConsoleBridge console = new(request.IsInteractive);
        VirtualMachine machine = new(spec) { OnConsole = console.Print };
        Announce(request, spec, console);
        if (request.IsInteractive)
            console.StartInput(machine, leave.Cancel);

        MachineResult result = await machine.RunAsync(request.Timeout, leave.Token);
        console.Dispose();
        stop.ThrowIfCancellationRequested();
        return await RunReport.TellAsync(spec, result, request.Timeout);
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

    // A kernel that does not fit, or over which its file system was loaded, cannot say so.
    private static void CheckMemory(RunRequest request, RootFileSystem files)
    {
        double needMiB = (ElfFile.LoadEnd(request.Kernel) + (ulong)new FileInfo(files.ArchivePath).Length) / 1048576.0;
        if (request.MemoryMiB < needMiB)
            throw new CommandException(ExitStatus.BadRequest, $"--memory {request.MemoryMiB}: the kernel image and its file system alone take {needMiB:F1} MiB");
    }

    private static async Task PrepareAsync(RunRequest request, CancellationToken stop)
    {
        bool needsBusybox = request.Rootfs is null && request.Initrd is null;
        await Installer.EnsureAsync([
            .. request.IsBuilt ? Tool.ForBuild : [],
            Tool.Emulator,
            .. needsBusybox ? (Tool[])[Tool.Busybox] : [],
        ]);
        if (request.IsBuilt)
            await Builder.BuildAsync(BuildTarget.KernelImage(request.Arch), request.IsVerbose, stop);
    }

    private static MachineSpec Spec(RunRequest request, RootFileSystem files)
    {
        string append = request.IsQuiet ? $"quiet {request.Append}".TrimEnd() : request.Append;
        try
        {
            return new MachineSpec
            {
                Kernel = request.Kernel,
                Initrd = files.ArchivePath,
                CommandLine = KernelCommandLine.ForProgram(files.Program, append, request.Arguments),
                Machine = request.Machine,
                Cpus = request.Cpus,
                Sockets = request.Sockets,
                MemoryMiB = request.MemoryMiB,
                GdbPort = request.GdbPort,
            };
        }
        catch (ArgumentException error)
        {
            throw new CommandException(ExitStatus.BadRequest, error.Message);
        }
    }

    private static void Announce(RunRequest request, MachineSpec spec, ConsoleBridge console)
    {
        if (request.IsVerbose)
            Say.Note($"{spec.Machine}, {spec.Cpus} processors, {spec.MemoryMiB} MiB: {spec.CommandLine}");
        if (request.GdbPort is int port)
            Say.Note($"waiting for gdb: gdb {Repository.Relative(spec.Kernel)} -ex 'target remote :{port}'");
        if (console.IsRaw)
            Say.Note("the keyboard is connected to the machine; Ctrl-A x ends it");
    }
}

// ./commence run: build, pack, boot, report.
using System;
using System.Collections.Generic;
using System.CommandLine;
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
    internal static Command Create()
    {
        Command command = new("run", "Boot a machine and run a program on it");
        RunOptions.AddTo(command);
        command.SetAction(static (parsed, stop) => RunAsync(RunOptions.Read(parsed), stop));
        return command;
    }

    private static async Task<int> RunAsync(RunRequest request, CancellationToken stop)
    {
        await PrepareAsync(request, stop);
        using RootFileSystem files = RootFileSystem.Make(request);
        CheckMemory(request, files);
        MachineSpec spec = Spec(request, files);

        using CancellationTokenSource leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Announce(request, spec);
        using ConsoleBridge console = new(request.IsInteractive);
        VirtualMachine machine = new(spec) { OnConsole = console.Print, OnRecord = console.Hear };
        if (request.IsInteractive)
            console.StartInput(machine, leave.Cancel);

        MachineResult result = await machine.RunAsync(request.Timeout, leave.Token);
        console.Dispose();
        stop.ThrowIfCancellationRequested();
        return await RunReport.TellAsync(spec, result, request.Timeout);
    }

    // A kernel that does not fit, or over which its file system was loaded, cannot say so.
    private static void CheckMemory(RunRequest request, RootFileSystem files)
    {
        double needMiB = (ElfFile.LoadEnd(request.Kernel) + (ulong)new FileInfo(files.ArchivePath).Length) / 1048576.0;
        if (request.MemoryMiB < needMiB)
            throw new CommandException(
                ExitStatus.BadRequest, $"--memory {request.MemoryMiB}: the kernel image and its file system alone take {needMiB:F1} MiB");
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
        List<string> parameters = [request.Append];
        if (request.IsQuiet)
            parameters.Insert(0, "quiet");
        // The kernel hands variables on its command line to the first program.
        if (request.IsInteractive && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } terminal)
            parameters.Insert(0, $"TERM={terminal}");
        string append = string.Join(' ', parameters).TrimEnd();
        try
        {
            return new MachineSpec
            {
                Kernel = request.Kernel,
                Initrd = files.ArchivePath,
                CommandLine = KernelCommandLine.ForProgram(files.Command[0], append, [.. files.Command.Skip(1)]),
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

    private static void Announce(RunRequest request, MachineSpec spec)
    {
        if (request.IsVerbose)
            Say.Note($"{spec.Machine}, {spec.Cpus} processors, {spec.MemoryMiB} MiB: {spec.CommandLine}");
        if (request.GdbPort is int port)
            Say.Note($"waiting for gdb: gdb {Repository.Relative(spec.Kernel)} -ex 'target remote :{port}'");
        if (request.IsInteractive && !Console.IsInputRedirected)
            Say.Note("the keyboard is connected to the machine; Ctrl-A x ends it");
    }
}

// ./commence run: build, pack, boot, report.
using System;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
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

    private static Task<int> RunAsync(RunRequest request, CancellationToken stop) =>
        request.Iso is string iso ? RunDiscAsync(request, iso, stop) : RunPayloadAsync(request, stop);

    private static async Task<int> RunDiscAsync(RunRequest request, string iso, CancellationToken stop)
    {
        await Installer.EnsureAsync(MachineTools(request));
        return await BootAsync(request, Machine(request) with { Disc = Path.GetFullPath(iso) }, stop);
    }

    private static async Task<int> RunPayloadAsync(RunRequest request, CancellationToken stop)
    {
        await request.PrepareAsync([.. MachineTools(request), .. request.IsFromDisc ? Tool.ForDisc : []], stop);
        using RootFileSystem files = RootFileSystem.Make(request);
        CheckMemory(request, files);
        MachineSpec spec = Machine(request) with { Initrd = files.ArchivePath, CommandLine = request.CommandLine(files) };
        if (!request.IsFromDisc)
            return await BootAsync(request, spec, stop);

        using Disc disc = await Disc.MakeAsync(request, files, stop);
        return await BootAsync(request, spec with { Disc = disc.FilePath }, stop);
    }

    private static async Task<int> BootAsync(RunRequest request, MachineSpec spec, CancellationToken stop)
    {
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
        double needMiB = request.SizeMiB(files);
        if (request.MemoryMiB < needMiB)
            throw new CommandException(
                ExitStatus.BadRequest, $"--memory {request.MemoryMiB}: the kernel image and its file system alone take {needMiB:F1} MiB");
    }

    private static Tool[] MachineTools(RunRequest request) =>
        request.Uefi is null ? [Tool.Emulator] : [Tool.Emulator, Tool.UefiFirmware];

    private static MachineSpec Machine(RunRequest request) => new()
    {
        Kernel = request.Kernel,
        Machine = request.Machine,
        Cpus = request.Cpus,
        Sockets = request.Sockets,
        MemoryMiB = request.MemoryMiB,
        GdbPort = request.GdbPort,
        Firmware = request.Firmware,
        Uefi = request.Uefi,
    };

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

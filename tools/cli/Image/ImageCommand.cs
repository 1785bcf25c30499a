// ./commence image: the kernel with its file system and program in a form that machines boot without us.
using System;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Host;
using Commence.Cli.Run;

namespace Commence.Cli.Image;

/// <summary>Makes bootable images.</summary>
internal static class ImageCommand
{
    private static readonly Option<bool> s_iso = new("--iso")
    {
        Description = "A disc that boots by GRUB, with a BIOS and with UEFI",
    };

    private static readonly Option<string?> s_output = new("--output", "-o")
    {
        Description = "The file to write (default: artifacts/image/ARCH/commence.iso)",
        HelpName = "FILE",
    };

    internal static Command Create()
    {
        Command command = new("image", "Make a bootable image") { s_iso, s_output };
        PayloadOptions.AddTo(command);
        command.SetAction(static (parsed, stop) => MakeAsync(parsed, stop));
        return command;
    }

    private static async Task<int> MakeAsync(ParseResult parsed, CancellationToken stop)
    {
        Payload payload = PayloadOptions.Read(parsed);
        if (!parsed.GetValue(s_iso))
            throw new CommandException(ExitStatus.BadRequest, "which kind of image? --iso is the one there is");

        string output = parsed.GetValue(s_output) ?? Repository.DiscImage(payload.Arch);
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(output))))
            throw new CommandException(ExitStatus.BadRequest, $"--output: there is no directory for {output}");

        await payload.PrepareAsync(Tool.ForDisc, stop);
        using RootFileSystem files = RootFileSystem.Make(payload);
        await Disc.WriteAsync(payload, files, output, stop);
        Console.WriteLine($"{output}  {new FileInfo(output).Length / 1024} KiB");
        return ExitStatus.Success;
    }
}

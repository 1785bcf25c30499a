// ./commence build: the kernel image, and the image with the in-machine tests.
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Host;

namespace Commence.Cli.Build;

/// <summary>Builds the images.</summary>
internal static class BuildCommand
{
    internal static Command Create()
    {
        Option<string> arch = CommonOptions.Arch();
        Option<bool> verbose = CommonOptions.Verbose();
        Command command = new("build", "Build the kernel images") { arch, verbose };
        command.SetAction((parsed, stop) => BuildAsync(parsed.GetValue(arch)!, parsed.GetValue(verbose), stop));
        return command;
    }

    private static async Task<int> BuildAsync(string arch, bool isVerbose, CancellationToken stop)
    {
        await Installer.EnsureAsync(Tool.ForBuild);
        foreach (BuildTarget target in (BuildTarget[])[BuildTarget.KernelImage(arch), BuildTarget.TestImage(arch)])
        {
            await Builder.BuildAsync(target, isVerbose, stop);
            System.Console.WriteLine($"{Repository.Relative(target.Output)}  {new FileInfo(target.Output).Length / 1024} KiB");
        }
        return ExitStatus.Success;
    }
}

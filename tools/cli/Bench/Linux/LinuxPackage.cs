// Debian's kernel for virtual machines, fetched by name. apt knows where from and checks what it gets; nothing is installed.
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Commence.Cli.Host;

namespace Commence.Cli.Bench.Linux;

/// <summary>An unpacked kernel package.</summary>
/// <param name="Name">The package's name, with the kernel's release in it.</param>
/// <param name="Version">The package's version.</param>
/// <param name="Kernel">The kernel's image (bzImage).</param>
internal sealed partial record LinuxPackage(string Name, string Version, string Kernel)
{
    private const string Metapackage = "linux-image-cloud-amd64";

    /// <summary>Where packages are kept.</summary>
    private static string Folder => Path.Combine(BenchFiles.Folder, "linux");

    /// <summary>Fetches the newest one that this host's apt offers, unless it is there.</summary>
    internal static async Task<LinuxPackage> FetchAsync()
    {
        if (!ToolState.IsOnPath("apt-get") || !ToolState.IsOnPath("dpkg-deb"))
            throw Missing("this needs apt-get and dpkg-deb");
        IReadOnlyList<PackageOffer> offers = PackageOffer.ParseMadison(await AskAsync("apt-cache", "madison", Metapackage));
        if (offers.Count == 0)
            throw Missing($"apt offers no {Metapackage}; `apt-get update` reads the package lists");

        string version = await NewestAsync([.. offers.Select(static offer => offer.Version).Distinct()]);
        string shown = await AskAsync("apt-cache", "show", $"{Metapackage}={version}");
        Match dependency = Dependency().Match(shown);
        if (!dependency.Success)
            throw Missing($"{Metapackage} {version} depends on no linux-image package");

        string name = dependency.Groups[1].Value;
        string directory = Path.Combine(Folder, $"{name}_{version}");
        if (FindKernel(directory) is null)
            await UnpackAsync(name, version, directory);
        string kernel = FindKernel(directory) ?? throw Missing($"{name} {version} contains no boot/vmlinuz");
        return new LinuxPackage(name, version, kernel);
    }

    private static async Task UnpackAsync(string name, string version, string directory)
    {
        Say.Note($"fetching {name} {version}");
        string download = directory + ".download";
        if (Directory.Exists(download))
            Directory.Delete(download, recursive: true);
        Directory.CreateDirectory(download);
        await AskInAsync(download, "apt-get", "download", $"{name}={version}");
        string archive = Directory.EnumerateFiles(download, "*.deb").Single();
        await AskAsync("dpkg-deb", "--extract", archive, directory);
        Directory.Delete(download, recursive: true);
    }

    private static string? FindKernel(string directory)
    {
        string boot = Path.Combine(directory, "boot");
        return Directory.Exists(boot) ? Directory.EnumerateFiles(boot, "vmlinuz-*").SingleOrDefault() : null;
    }

    // Debian's order of versions is dpkg's to know.
    private static async Task<string> NewestAsync(IReadOnlyList<string> versions)
    {
        string newest = versions[0];
        foreach (string version in versions.Skip(1))
        {
            if ((await HostCommand.RunAsync(["dpkg", "--compare-versions", version, "gt", newest])).Status == 0)
                newest = version;
        }
        return newest;
    }

    private static Task<string> AskAsync(params string[] command) => AskInAsync("", command);

    private static async Task<string> AskInAsync(string directory, params string[] command)
    {
        HostCommand done = await HostCommand.RunAsync(command, directory: directory);
        return done.Status == 0 ? done.Output : throw Missing($"`{string.Join(' ', command)}` failed with status {done.Status}:\n{done.Output.TrimEnd()}");
    }

    private static CommandException Missing(string why) =>
        new(ExitStatus.HostIncomplete, $"cannot fetch Linux to measure against: {why} (--no-linux leaves it out)");

    // "Depends: linux-image-6.12.95+deb12-cloud-amd64 (= 6.12.95-1~bpo12+1)"
    [GeneratedRegex(@"^Depends:.*?\b(linux-image-[0-9][^\s,]*)", RegexOptions.Multiline)]
    private static partial Regex Dependency();
}

// What the benchmarks boot and load beside the kernels: built from bench/ when it is needed, into artifacts/.
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using Commence.Cli.Host;
using Commence.Machine;
using Commence.Machine.Initramfs;

namespace Commence.Cli.Bench;

/// <summary>The benchmarks' own files.</summary>
/// <param name="Plugin">QEMU's plugin that watches marks.</param>
/// <param name="Floor">The kernel that only starts all processors.</param>
/// <param name="Initramfs">A file system with nothing but our first program, the same for every kernel.</param>
/// <param name="InitEntry">The address of that program's first instruction.</param>
internal sealed record BenchFiles(string Plugin, string Floor, string Initramfs, ulong InitEntry)
{
    /// <summary>What our first program says last.</summary>
    internal const string InitEnd = "bench-init: end";

    /// <summary>What it says first, before the number of cycles.</summary>
    internal const string InitBegin = "bench-init: tsc ";

    // An address that is no program's and no kernel's.
    private const string InitBase = "0x5a0000000";

    private static readonly string[] s_assemble = ["clang-19", "--target=x86_64-none-elf", "-c"];
    private static readonly string[] s_link = ["ld.lld-19", "-static", "-nostdlib", "--no-pie", "-z", "noexecstack"];

    /// <summary>Where they are made.</summary>
    internal static string Folder => Path.Combine(Repository.Artifacts, "bench");

    /// <summary>Builds them.</summary>
    internal static async Task<BenchFiles> BuildAsync()
    {
        Directory.CreateDirectory(Folder);
        string plugin = await BuildPluginAsync();
        string floor = await BuildImageAsync("floor", "-Ttext=0x100000", "-e", "start");
        string init = await BuildImageAsync("init", $"--image-base={InitBase}", "-e", "_start");
        return new BenchFiles(plugin, floor, Pack(init), ElfSymbols.Read(init).Entry);
    }

    private static async Task<string> BuildPluginAsync()
    {
        string output = Path.Combine(Folder, "marks.so");
        await RunAsync("clang-19", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-shared", Source("plugin", "marks.c"), "-o", output);
        return output;
    }

    private static async Task<string> BuildImageAsync(string name, params string[] linking)
    {
        string code = Path.Combine(Folder, name + ".o");
        string output = Path.Combine(Folder, name + ".elf");
        await RunAsync([.. s_assemble, Source(name, name + ".S"), "-o", code]);
        await RunAsync([.. s_link, .. linking, code, "-o", output]);
        return output;
    }

    private static string Pack(string init)
    {
        InitramfsBuilder files = new();
        files.AddDirectory("/dev");
        files.AddCharacterDevice("/dev/console", 5, 1);
        files.AddFile("/init", File.ReadAllBytes(init));
        string path = Path.Combine(Folder, "init.cpio.gz");
        using FileStream output = File.Create(path);
        files.WriteGzipTo(output);
        return path;
    }

    private static string Source(string folder, string file) => Path.Combine(Repository.Root, "bench", folder, file);

    private static async Task RunAsync(params IReadOnlyList<string> command)
    {
        HostCommand done = await HostCommand.RunAsync(command);
        if (done.Status != 0)
            throw new CommandException(ExitStatus.BuildFailed, $"`{string.Join(' ', command)}` failed with status {done.Status}:\n{done.Output}");
    }
}

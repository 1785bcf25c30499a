// A disc that boots the kernel by way of GRUB, on machines with a BIOS and on machines with UEFI.
//
//   El Torito, i386-pc   ─▶ SeaBIOS      /boot/commence.elf   the kernel
//   El Torito, FAT image ─▶ OVMF         /boot/initramfs.img  its file system
//                                        /boot/grub           GRUB's modules and configuration
//
// grub-mkrescue makes it for every platform of GRUB that is installed. It is told which modules to put on the disc: by
// default that is all of them, some 500. A "hybrid" image also boots when it is written to a USB stick.
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Machine.Iso;

/// <summary>Describes a disc, and makes it.</summary>
public sealed record BootIso
{
    /// <summary>The program that makes discs.</summary>
    public const string Program = "grub-mkrescue";

    internal const string KernelPath = "/boot/commence.elf";
    internal const string InitrdPath = "/boot/initramfs.img";

    private const string ConfigPath = "/boot/grub/grub.cfg";

    // What the configuration uses; and the partition maps, which the UEFI side asks for by name before it looks for the
    // configuration, with an error for each that is missing.
    private static readonly string[] s_modules =
    [
        "acpi", "boot", "multiboot2", "normal", "serial", "terminal",
        "part_acorn", "part_amiga", "part_apple", "part_bsd", "part_dfly", "part_dvh", "part_gpt", "part_msdos", "part_plan",
        "part_sun", "part_sunpc",
    ];

    /// <summary>The kernel image.</summary>
    public required string Kernel { get; init; }

    /// <summary>The initial RAM file system, or null for none.</summary>
    public string? Initrd { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>GRUB commands to carry out before the kernel is loaded.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>Makes the disc.</summary>
    /// <param name="output">The image file to write.</param>
    /// <param name="stop">Gives up.</param>
    /// <remarks>Fails: throws <see cref="ArgumentException"/> for a command line that GRUB cannot hand over, and
    /// <see cref="BootIsoException"/> with what grub-mkrescue said.</remarks>
    public async Task BuildAsync(string output, CancellationToken stop = default)
    {
        File.Delete(output);
        string config = GrubConfig.Make(CommandLine, Initrd is not null, Commands);
        DirectoryInfo tree = Directory.CreateTempSubdirectory("commence-iso-");
        try
        {
            Copy(Kernel, tree, KernelPath);
            if (Initrd is not null)
                Copy(Initrd, tree, InitrdPath);
            await File.WriteAllTextAsync(Place(tree, ConfigPath), config, stop);
            await MakeAsync(tree.FullName, Path.GetFullPath(output), stop);
        }
        finally
        {
            tree.Delete(recursive: true);
        }
    }

    private static async Task MakeAsync(string tree, string output, CancellationToken stop)
    {
        string[] arguments =
        [
            $"--output={output}", $"--install-modules={string.Join(' ', s_modules)}", "--locales=", "--fonts=", "--themes=", tree,
        ];
        using ChildProcess maker = ChildProcess.Start(Program, arguments);
        int status = await maker.Exited.WaitAsync(stop);
        if (status != 0)
            throw new BootIsoException($"{Program} failed with status {status}:\n{maker.Output.TrimEnd()}");
    }

    private static void Copy(string from, DirectoryInfo tree, string to) => File.Copy(from, Place(tree, to));

    private static string Place(DirectoryInfo tree, string path)
    {
        string place = tree.FullName + path;
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        return place;
    }
}

/// <summary>A disc could not be made.</summary>
public sealed class BootIsoException(string message) : Exception(message);

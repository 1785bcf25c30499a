// What a host needs, beside the .NET SDK.
using System.Collections.Generic;
using Commence.Machine.Iso;

namespace Commence.Cli.Host;

/// <summary>Something that a host needs.</summary>
/// <param name="Name">The command, or the path of the file.</param>
/// <param name="Packages">The Debian and Ubuntu packages that bring it; the first one decides the version.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="VersionMin">The oldest major version that will do; 0 for any.</param>
internal sealed record Tool(string Name, IReadOnlyList<string> Packages, string Purpose, int VersionMin = 0)
{
    private const string DiscPurpose = "discs (ISO images) only";

    /// <summary>QEMU: since version 9 it emulates x2APIC without KVM.</summary>
    internal static readonly Tool Emulator = new(
        Machine.QemuCommandLine.Program, ["qemu-system-x86", "qemu-system-data", "seabios"], "boots the machines", VersionMin: 9);

    internal static readonly Tool Assembler = new("clang-19", ["clang-19"], "assembles the entry code");

    internal static readonly Tool Linker = new("ld.lld-19", ["lld-19"], "links the kernel");

    internal static readonly Tool Symbolizer = new("llvm-symbolizer-19", ["llvm-19"], "names addresses");

    internal static readonly Tool Busybox = new(
        Machine.Initramfs.DefaultRootfs.BusyboxPath, ["busybox-static"], "default file system");

    /// <summary>What <c>grub-mkrescue</c> itself is made of: it starts the other two.</summary>
    internal static readonly Tool DiscMaker = new(BootIso.Program, ["grub-common"], DiscPurpose);

    internal static readonly Tool DiscWriter = new("xorriso", ["xorriso"], DiscPurpose);

    internal static readonly Tool FatWriter = new("mformat", ["mtools"], DiscPurpose);

    internal static readonly Tool BiosLoader = new("/usr/lib/grub/i386-pc/multiboot2.mod", ["grub-pc-bin"], DiscPurpose);

    internal static readonly Tool UefiLoader = new("/usr/lib/grub/x86_64-efi/multiboot2.mod", ["grub-efi-amd64-bin"], DiscPurpose);

    internal static readonly Tool UefiFirmware = new(Machine.UefiFirmware.Ovmf.Code, ["ovmf"], "machines with UEFI only");

    /// <summary>What a build needs.</summary>
    internal static readonly IReadOnlyList<Tool> ForBuild = [Assembler, Linker, Symbolizer];

    /// <summary>What a bootable disc needs.</summary>
    internal static readonly IReadOnlyList<Tool> ForDisc = [DiscMaker, DiscWriter, FatWriter, BiosLoader, UefiLoader];

    /// <summary>What can be missing without anybody noticing who makes no discs.</summary>
    internal static readonly IReadOnlyList<Tool> Optional = [.. ForDisc, UefiFirmware];

    /// <summary>Everything.</summary>
    internal static readonly IReadOnlyList<Tool> All = [.. ForBuild, Emulator, Busybox, .. Optional];
}

// The machine to boot, in our words. QemuCommandLine turns it into QEMU's.
using System.Collections.Generic;

namespace Commence.Machine;

/// <summary>Describes one machine and what it boots.</summary>
public sealed record MachineSpec
{
    /// <summary>The kernel image: an ELF file with a PVH note.</summary>
    public required string Kernel { get; init; }

    /// <summary>A disc to boot from instead: it brings its own kernel, file system and command line. Then <see cref="Kernel"/>
    /// only names addresses.</summary>
    public string? Disc { get; init; }

    /// <summary>The initial RAM file system, or null for none.</summary>
    public string? Initrd { get; init; }

    /// <summary>The kernel's command line; <see cref="KernelCommandLine"/> builds one.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>QEMU's machine type with its properties, such as <c>q35</c> or <c>pc,acpi=off</c>.</summary>
    public string Machine { get; init; } = "q35";

    /// <summary>QEMU's processor model with its features.</summary>
    public string CpuModel { get; init; } = "max";

    /// <summary>QEMU's accelerator with its properties.</summary>
    public string Accelerator { get; init; } = "tcg,thread=multi";

    /// <summary>Whether the machine is measured: then nothing is asked of it while it runs, and its resets are not logged, since
    /// both take its time. The price: a standstill lasts until the time limit, and a triple fault passes for a reset.</summary>
    public bool IsMeasured { get; init; }

    /// <summary>The number of logical processors.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>The number of packages they are spread over; null leaves it to QEMU (one).</summary>
    public int? Sockets { get; init; }

    /// <summary>The size of the machine's memory.</summary>
    public int MemoryMiB { get; init; } = 256;

    /// <summary>A firmware file that replaces the machine's own, such as <c>qboot.rom</c>.</summary>
    public string? Firmware { get; init; }

    /// <summary>UEFI firmware that replaces the machine's own. It cannot start <see cref="Kernel"/>, only a <see cref="Disc"/>.</summary>
    public UefiFirmware? Uefi { get; init; }

    /// <summary>The local TCP port of QEMU's gdb server. The machine then waits for a debugger before it starts.</summary>
    public int? GdbPort { get; init; }

    /// <summary>Further arguments, given to QEMU as they are.</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];
}

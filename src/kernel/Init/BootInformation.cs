// What the boot loader handed over, copied to where nothing overwrites it.
//
// Written once by the boot processor in early boot; only read afterwards.
using System;
using System.Runtime.CompilerServices;
using Commence.Firmware;
using Commence.Firmware.Pvh;
using Commence.Memory;

namespace Commence.Init;

/// <summary>The loader's message to the kernel.</summary>
public static class BootInformation
{
    [InlineArray(PvhStartInfo.CommandLineLengthMax)]
    private struct CommandLineBuffer
    {
        private byte _first;
    }

    private static CommandLineBuffer s_commandLine;
    private static int s_commandLineLength;
    private static MemoryMap s_memoryMap;
    private static FaultLog s_faults;

    /// <summary>The command line (Linux: <c>boot_command_line</c>).</summary>
    public static ReadOnlySpan<byte> CommandLine => ((ReadOnlySpan<byte>)s_commandLine)[..s_commandLineLength];

    /// <summary>The machine's memory.</summary>
    public static ref readonly MemoryMap MemoryMap => ref s_memoryMap;

    /// <summary>The initramfs as the loader put it into memory; empty if there is none.</summary>
    public static PhysRange Initramfs { get; private set; }

    /// <summary>Where the loader says the ACPI tables begin; 0 if it does not say.</summary>
    public static PhysAddr Rsdp { get; private set; }

    /// <summary>What was wrong with the message.</summary>
    public static ref readonly FaultLog Faults => ref s_faults;

    /// <summary>Reads a PVH start info.</summary>
    /// <returns>False if there is none at the address, or it has no memory map: nothing can be done then.</returns>
    /// <remarks>Context: early boot, once.</remarks>
    public static bool TryReadPvh(EarlyMemory memory, PhysAddr at)
    {
        if (!PvhStartInfo.TryRead(memory, at, out PvhStartInfo info, out ParseFault fault))
        {
            s_faults.Add(fault);
            return false;
        }

        if (fault.IsFault)
            s_faults.Add(fault);
        Rsdp = info.Rsdp;
        if (info.TryReadCommandLine(memory, ref s_faults, out ReadOnlySpan<byte> text))
            Keep(text);
        if (info.TryReadModule(memory, 0, ref s_faults, out PvhModule module))
            Initramfs = module.Range;
        return info.TryReadMemoryMap(memory, ref s_faults, ref s_memoryMap);
    }

    private static void Keep(ReadOnlySpan<byte> text)
    {
        s_commandLineLength = Math.Min(text.Length, PvhStartInfo.CommandLineLengthMax);
        text[..s_commandLineLength].CopyTo(s_commandLine);
    }
}

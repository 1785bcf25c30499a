// The memory map as the command line wants it.
//
// Written once by the boot processor in early boot; only read afterwards.
using System;
using Commence.Firmware;

namespace Commence.Init;

/// <summary>A copy of firmware's map with the changes of <c>mem=</c> and <c>memmap=</c>, in the order of the command line.</summary>
internal static class UserMemoryMap
{
    private static MemoryMap s_map;

    /// <summary>The command line changed something: this map holds, not firmware's.</summary>
    internal static bool IsDefined { get; private set; }

    /// <summary>The changed map.</summary>
    internal static ref readonly MemoryMap Map => ref s_map;

    [KernelParameter("mem", Syntax = "nn[KMGT]", Early = true, Help = "use no memory from this address on")]
    internal static bool Limit(ReadOnlySpan<byte> value)
    {
        Begin();
        return MemoryMapOption.TryLimit(value, ref s_map);
    }

    [KernelParameter("memmap", Syntax = "exactmap | nn[KMGT][@ss | #ss | $ss | !ss][,...]", Early = true,
        Help = "change the memory map: limit, or add usable (@), ACPI (#), reserved ($) or persistent (!) memory; exactmap empties it first")]
    internal static bool Change(ReadOnlySpan<byte> value)
    {
        Begin();
        return MemoryMapOption.TryChange(value, ref s_map);
    }

    private static void Begin()
    {
        if (!IsDefined)
            s_map = BootInformation.MemoryMap;
        IsDefined = true;
    }
}

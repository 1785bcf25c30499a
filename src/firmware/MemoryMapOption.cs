// What the command line changes in the memory map: the values of mem= and memmap=.
//
//   nn          no usable memory from nn on              nn@ss   usable memory, nn bytes from ss
//   exactmap    nothing but what the rest names          nn#ss   ACPI data       nn$ss   reserved       nn!ss   persistent memory
//
// Source: Linux Documentation/admin-guide/kernel-parameters.txt, "mem=" and "memmap=".
using System;
using Commence.Lib;

namespace Commence.Firmware;

/// <summary>Applies the user's wishes to a memory map.</summary>
public static class MemoryMapOption
{
    /// <summary>Carries out the value of <c>mem=</c>.</summary>
    /// <returns>False if it makes no sense; then the map is as it was.</returns>
    public static bool TryLimit(ReadOnlySpan<byte> value, ref MemoryMap map)
    {
        if (!NumberParser.TryParseSize(value, out ulong end) || end == 0)
            return false;
        map.Remove(new PhysAddr(end), ulong.MaxValue, MemoryKind.Usable);
        return true;
    }

    /// <summary>Carries out the value of <c>memmap=</c>: options separated by commas.</summary>
    /// <returns>False if one makes no sense; then those before it hold.</returns>
    /// <remarks>Where ranges overlap the rule of <see cref="MemoryMap"/> holds: what is reserved stays so.
    /// The form that changes the kind of what is there (nn%ss-old+new) is not supported.</remarks>
    public static bool TryChange(ReadOnlySpan<byte> value, ref MemoryMap map)
    {
        while (true)
        {
            int comma = value.IndexOf((byte)',');
            if (!TryChangeOnce(comma < 0 ? value : value[..comma], ref map))
                return false;
            if (comma < 0)
                return true;
            value = value[(comma + 1)..];
        }
    }

    private static bool TryChangeOnce(ReadOnlySpan<byte> option, ref MemoryMap map)
    {
        if (option.SequenceEqual("exactmap"u8))
        {
            map = default;
            return true;
        }

        ReadOnlySpan<byte> rest = option;
        if (!NumberParser.TryTakeSize(ref rest, out ulong length))
            return false;
        if (rest.IsEmpty)
            return TryLimit(option, ref map);

        MemoryKind kind = KindOf(rest[0]);
        if (kind == MemoryKind.None || length == 0 || !NumberParser.TryParseSize(rest[1..], out ulong start))
            return false;
        map.Add(new PhysAddr(start), length, kind);
        return true;
    }

    private static MemoryKind KindOf(byte sign) => sign switch
    {
        (byte)'@' => MemoryKind.Usable,
        (byte)'#' => MemoryKind.AcpiReclaimable,
        (byte)'$' => MemoryKind.Reserved,
        (byte)'!' => MemoryKind.Persistent,
        _ => MemoryKind.None,
    };
}

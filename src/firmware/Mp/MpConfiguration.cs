// From a machine's memory to one sound MP configuration: search, default or table, and what must be reserved.
using System;

namespace Commence.Firmware.Mp;

/// <summary>A machine's MP configuration, whether it came as a table or as a default.</summary>
public ref struct MpConfiguration
{
    private const int DefaultOffset = 11;
    private const int TableOffset = 4;

    public MpPointer Pointer { get; private init; }

    public MpTable Table { get; private init; }

    /// <summary>The machine has no table; <see cref="Table"/> was written from its default configuration's number.</summary>
    public readonly bool IsDefault => Pointer.DefaultConfiguration != 0;

    /// <summary>The memory that the allocator must not hand out: the floating pointer.</summary>
    public readonly PhysRange PointerRange => Pointer.Range;

    /// <summary>The same: the table with its extension.</summary>
    public readonly PhysRange TableRange => IsDefault ? default : new PhysRange(Pointer.Table, (ulong)Table.StatedLength);

    /// <summary>The same: the OEM's table.</summary>
    public readonly PhysRange OemRange => Table.OemTable;

    /// <summary>Takes the first floating pointer that leads to a sound table or a known default configuration.</summary>
    /// <param name="memory">The machine's memory.</param>
    /// <param name="scratch">Room for a default configuration: <see cref="MpDefaultTable.SizeBytesMax"/> bytes.</param>
    /// <param name="faults">Gets all that is wrong, with the table taken and with those passed over.</param>
    /// <param name="configuration">What was found.</param>
    /// <returns>False if the machine has no usable configuration.</returns>
    /// <remarks>Context: early boot, before the page allocator.</remarks>
    public static bool TryFind<TMemory>(
        TMemory memory, Span<byte> scratch, scoped ref FaultLog faults, out MpConfiguration configuration)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        var search = new MpSearch<TMemory>(memory);
        while (search.MoveNext(ref faults))
        {
            MpPointer pointer = search.Current;
            bool isFound = pointer.DefaultConfiguration != 0
                ? TryTakeDefault(pointer, scratch, ref faults, out MpTable table)
                : TryReadTable(memory, pointer, ref faults, out table);
            if (!isFound)
                continue;

            table.FindFaults(ref faults);
            configuration = new MpConfiguration { Pointer = pointer, Table = table };
            return true;
        }

        configuration = default;
        return false;
    }

    private static bool TryTakeDefault(MpPointer pointer, Span<byte> scratch, scoped ref FaultLog faults, out MpTable table)
    {
        table = default;
        byte number = pointer.DefaultConfiguration;
        if (MpDefaultTable.TryWrite(number, scratch, out int length))
            return MpTable.TryParse(scratch.Slice(0, length), out table, out _);

        faults.Add(FirmwarePart.MpPointer, FaultKind.BadValue, DefaultOffset, number);
        return false;
    }

    private static bool TryReadTable<TMemory>(TMemory memory, MpPointer pointer, scoped ref FaultLog faults, out MpTable table)
        where TMemory : struct, IPhysicalMemory, allows ref struct
    {
        table = default;
        if (pointer.Table.IsNull)
        {
            faults.Add(FirmwarePart.MpPointer, FaultKind.NullPointer, TableOffset);
            return false;
        }

        if (!memory.TryRead(pointer.Table, MpTable.HeaderSizeBytes, out ReadOnlySpan<byte> bytes))
        {
            faults.Add(FirmwarePart.MpTable, FaultKind.Unreadable, 0, pointer.Table.Value);
            return false;
        }

        if (!MpTable.TryGetBaseLength(bytes, out int baseLength, out ParseFault fault))
        {
            faults.Add(fault);
            return false;
        }

        // The extension is worth having, not worth losing the table for.
        int extensionLength = MpTable.ExtensionLength(bytes);
        if (!memory.TryRead(pointer.Table, baseLength + extensionLength, out bytes)
            && !memory.TryRead(pointer.Table, baseLength, out bytes))
        {
            faults.Add(FirmwarePart.MpTable, FaultKind.Unreadable, 0, pointer.Table.Value);
            return false;
        }

        if (MpTable.TryParse(bytes, out table, out fault))
            return true;

        faults.Add(fault);
        return false;
    }
}

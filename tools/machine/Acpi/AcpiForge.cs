// A machine's whole ACPI, forged: the firmware finds it in fw_cfg and installs it as if QEMU had made it.
//
// The machine must have been told `acpi=off`, or QEMU's own tables are there first. SeaBIOS (pc, q35), qboot and OVMF take them.
//
//   etc/acpi/rsdp     the root pointer, revision 0 with an RSDT or revision 2 with an XSDT
//   etc/acpi/tables   all tables one behind the other, the list of tables last
//   etc/table-loader  TableLoaderScript
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Commence.Machine.Acpi;

/// <summary>Forges a set of tables.</summary>
public sealed class AcpiForge
{
    private const string PointerFile = "etc/acpi/rsdp";
    private const string TablesFile = "etc/acpi/tables";
    private const string ScriptFile = "etc/table-loader";

    private const int Alignment = 16;
    private const int PointerLength = 20;
    private const int PointerLengthRevision2 = 36;
    private const int RsdtOffset = 16;
    private const int XsdtOffset = 24;

    /// <summary>What an entry of the list of tables may be besides a table's place in <see cref="Tables"/>.</summary>
    public const int NullEntry = -1;

    /// <summary>The list's own address.</summary>
    public const int SelfEntry = -2;

    /// <summary>The tables. One with the signature DSDT is entered into the FADT instead of the list.</summary>
    public required IReadOnlyList<AcpiTableImage> Tables { get; init; }

    /// <summary>Give a pointer of revision 2 with an XSDT.</summary>
    public bool HasXsdt { get; init; }

    /// <summary>What the list names, by places in <see cref="Tables"/>; null for all that belongs there.</summary>
    public IReadOnlyList<int>? Entries { get; init; }

    /// <summary>Powers off a q35 machine, and has <paramref name="madt"/> and <paramref name="others"/>.</summary>
    public static AcpiForge Pc(AcpiTableImage madt, params AcpiTableImage[] others) =>
        new() { Tables = [AcpiTableImage.Fadt(), AcpiTableImage.SoftOffDsdt(), madt, .. others] };

    /// <summary>Writes the three files and gives QEMU's arguments for them.</summary>
    /// <param name="store">Keeps bytes in a file and gives its path.</param>
    public IReadOnlyList<string> Arguments(Func<byte[], string> store)
    {
        (byte[] pointer, byte[] tables, byte[] script) = Build();
        return
        [
            "-fw_cfg", $"name={PointerFile},file={store(pointer)}",
            "-fw_cfg", $"name={TablesFile},file={store(tables)}",
            "-fw_cfg", $"name={ScriptFile},file={store(script)}",
        ];
    }

    /// <summary>Gives the three files.</summary>
    public (byte[] Pointer, byte[] Tables, byte[] Script) Build()
    {
        TableLoaderScript script = new();
        script.Allocate(PointerFile, Alignment, isInBiosSegment: true);
        script.Allocate(TablesFile, Alignment * 4, isInBiosSegment: false);
        MemoryStream tables = new();
        List<int> places = Place(tables);
        byte[] all = Link(tables.ToArray(), places, script, out int list);
        byte[] pointer = MakePointer(list, script);
        return (pointer, all, script.Bytes);
    }

    private List<int> Place(MemoryStream tables)
    {
        List<int> places = [];
        foreach (AcpiTableImage table in Tables)
        {
            places.Add(Align(tables));
            tables.Write(table.Bytes);
        }

        return places;
    }

    private byte[] Link(byte[] tables, List<int> places, TableLoaderScript script, out int list)
    {
        MemoryStream all = new();
        all.Write(tables);
        list = Align(all);
        List<int> targets = [];
        foreach (int entry in Entries ?? ListedTables())
            targets.Add(entry == NullEntry ? NullEntry : entry == SelfEntry ? list : places[entry]);
        int size = HasXsdt ? sizeof(ulong) : sizeof(uint);
        AcpiTableImage root = AcpiTableImage.Make(HasXsdt ? "XSDT" : "RSDT", 1, new byte[targets.Count * size]);
        all.Write(root.Bytes);

        byte[] bytes = all.ToArray();
        for (int i = 0; i < targets.Count; i++)
            PutPointer(bytes, list + AcpiTableImage.HeaderLength + (i * size), targets[i], size, script);
        LinkFadt(bytes, places, script);

        // The sums last: they cover the addresses.
        for (int i = 0; i < Tables.Count; i++)
        {
            if (!Tables[i].KeepsChecksum)
                script.AddChecksum(TablesFile, places[i] + AcpiTableImage.ChecksumOffset, places[i], Tables[i].Bytes.Length);
        }

        script.AddChecksum(TablesFile, list + AcpiTableImage.ChecksumOffset, list, root.Bytes.Length);
        return bytes;
    }

    private void LinkFadt(byte[] bytes, List<int> places, TableLoaderScript script)
    {
        int dsdt = FindTable("DSDT");
        int fadt = FindTable("FACP");
        if (dsdt >= 0 && fadt >= 0)
            PutPointer(bytes, places[fadt] + AcpiTableImage.FadtDsdtOffset, places[dsdt], sizeof(uint), script);
    }

    private byte[] MakePointer(int list, TableLoaderScript script)
    {
        byte[] pointer = new byte[HasXsdt ? PointerLengthRevision2 : PointerLength];
        "RSD PTR "u8.CopyTo(pointer);
        "FORGED"u8.CopyTo(pointer.AsSpan(9));
        if (HasXsdt)
        {
            pointer[15] = 2;
            BinaryPrimitives.WriteInt32LittleEndian(pointer.AsSpan(20), PointerLengthRevision2);
        }

        int at = HasXsdt ? XsdtOffset : RsdtOffset;
        BinaryPrimitives.WriteInt32LittleEndian(pointer.AsSpan(at), list);
        script.AddPointer(PointerFile, TablesFile, at, HasXsdt ? sizeof(ulong) : sizeof(uint));
        script.AddChecksum(PointerFile, 8, 0, PointerLength);
        if (HasXsdt)
            script.AddChecksum(PointerFile, 32, 0, PointerLengthRevision2);
        return pointer;
    }

    // The firmware adds the file's address to the offset that is there already.
    private static void PutPointer(byte[] bytes, int at, int target, int size, TableLoaderScript script)
    {
        if (target == NullEntry)
            return;

        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), target);
        script.AddPointer(TablesFile, TablesFile, at, size);
    }

    private IEnumerable<int> ListedTables()
    {
        for (int i = 0; i < Tables.Count; i++)
        {
            if (Tables[i].Signature != "DSDT")
                yield return i;
        }
    }

    private int FindTable(string signature)
    {
        for (int i = 0; i < Tables.Count; i++)
        {
            if (Encoding.ASCII.GetString(Tables[i].Bytes, 0, signature.Length) == signature)
                return i;
        }

        return -1;
    }

    private static int Align(MemoryStream stream)
    {
        while (stream.Length % Alignment != 0)
            stream.WriteByte(0);
        return (int)stream.Length;
    }
}

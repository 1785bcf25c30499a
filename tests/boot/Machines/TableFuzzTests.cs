// Whole machines with tables damaged at random, repeatable by seed: each boots to the program, whatever the tables say.
//
// That the parsers read nothing out of bounds, the unit tests show with millions of cases (tests/unit/Firmware/FuzzTests.cs).
// Here it is what the kernel makes of what they return: interrupt lines, processors that are not there, a machine that cannot
// be powered off.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Acpi;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests.Machines;

public sealed class TableFuzzTests
{
    private const int Cpus = 2;
    private const int SeedCount = 32;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, SeedCount)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task DamagedTablesBootToTheProgram(int seed)
    {
        MachineResult result = await ForgedTableTests.BootForgedAsync(Cpus, Damage(seed));

        Kernel.AssertStatus(0, result);
        IReadOnlyList<CpuRecord> cpus = result.RecordsOf<CpuRecord>();
        int online = cpus.Count(static cpu => cpu.State == "online");
        Assert.True(online is 1 or Cpus, Kernel.Describe(result));
        Assert.Contains(online.ToString(), result.ConsoleLines);
    }

    private static AcpiForge Damage(int seed)
    {
        Random random = new(seed);
        AcpiForge sound = AcpiForge.Pc(ForgedTableTests.Sound(Cpus), Srat());
        List<AcpiTableImage> tables = [.. sound.Tables];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int victim = random.Next(3) == 0 ? random.Next(tables.Count) : tables.FindIndex(static table => table.Signature == "APIC");
            if (victim >= 0)
                tables[victim] = Mutate(tables[victim], random);
        }

        List<int> entries = [.. Enumerable.Range(0, tables.Count).Where(index => tables[index].Signature != "DSDT")];
        if (random.Next(4) == 0)
            entries.Insert(random.Next(entries.Count + 1), random.Next(2) == 0 ? AcpiForge.NullEntry : AcpiForge.SelfEntry);
        return new AcpiForge { Tables = tables, Entries = entries, HasXsdt = random.Next(2) == 0 };
    }

    // Bytes changed, cut off or repeated. Half of them get a right checksum from the firmware, to come behind that check.
    private static AcpiTableImage Mutate(AcpiTableImage table, Random random)
    {
        List<byte> bytes = [.. table.Bytes];
        switch (random.Next(6))
        {
            case 0:
                bytes.RemoveRange(random.Next(AcpiTableImage.HeaderLength, bytes.Count), 1);
                break;
            case 1:
                bytes.InsertRange(random.Next(AcpiTableImage.HeaderLength, bytes.Count), bytes[AcpiTableImage.HeaderLength..]);
                break;
            default:
                for (int i = random.Next(1, 9); i > 0; i--)
                    bytes[random.Next(bytes.Count)] = (byte)(random.Next(3) == 0 ? random.Next(3) : random.Next(256));
                break;
        }

        return new AcpiTableImage([.. bytes]) { KeepsChecksum = random.Next(2) == 0 };
    }

    private static AcpiTableImage Srat()
    {
        List<byte> body = [.. new byte[12]];
        for (byte id = 0; id < Cpus; id++)
            body.AddRange([0, 16, 0, id, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        return AcpiTableImage.Make("SRAT", 1, [.. body]);
    }
}

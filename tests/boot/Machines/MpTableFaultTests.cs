// MP tables that lie. QEMU offers no way to replace them, so they are changed in the machine's memory, in the BIOS's segment,
// before the kernel's first instruction.
// Source: MP Spec 1.4 §4 "MP Configuration Table".
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Gdb;
using Xunit;
using static Commence.BootTests.Machines.PcMachines;

namespace Commence.BootTests.Machines;

public sealed class MpTableFaultTests
{
    private const string MpTable = "MP configuration table";
    private const string NoTable = "no firmware table";

    private const int PointerLength = 16;
    private const int PointerChecksum = 10;
    private const int PointerFeature = 11;
    private const int TableLength = 4;
    private const int TableChecksum = 7;
    private const int FirstEntry = 44;
    private const int ProcessorLength = 20;
    private const int ProcessorId = 1;
    private const int ProcessorFlags = 3;

    [Fact]
    public async Task AProcessorThatDoesNotExist()
    {
        MachineResult result = await BootSpoiltAsync(static (_, table) => table[FirstEntry + (3 * ProcessorLength) + ProcessorId] = 9);

        AssertOnline(result, Ids(3), MpTable);
        ForgedTableTests.AssertVerdicts(result, "not-responding", [9]);
    }

    [Fact]
    public async Task AProcessorListedTwice()
    {
        MachineResult result = await BootSpoiltAsync(static (_, table) => table[FirstEntry + (3 * ProcessorLength) + ProcessorId] = 1);

        AssertOnline(result, Ids(3), MpTable);
        AssertSays(result, "firmware bug: MP configuration table: listed twice at offset 0x68 (0x1)");
    }

    [Fact]
    public async Task TheBootProcessorIsMarkedDisabled()
    {
        MachineResult result = await BootSpoiltAsync(static (_, table) => table[FirstEntry + ProcessorFlags] = 0);

        AssertOnline(result, Ids(4), MpTable);
        AssertSays(result, "firmware bug: MP configuration table: the boot processor is marked disabled at offset 0x2c");
    }

    [Fact]
    public async Task AWrongChecksum()
    {
        MachineResult result = await BootSpoiltAsync(static (_, table) => table[FirstEntry + ProcessorId] ^= 0x10, repairsTable: false);

        AssertOnline(result, [0], NoTable);
        AssertSays(result, "firmware bug: MP configuration table: wrong checksum at offset 0x7", "booting one CPU");
    }

    [Fact]
    public async Task ALengthThatCannotBe()
    {
        MachineResult result = await BootSpoiltAsync(static (_, table) => BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(TableLength), 8));

        AssertOnline(result, [0], NoTable);
        AssertSays(result, "firmware bug: MP configuration table: impossible length at offset 0x4 (0x8)");
    }

    [Fact]
    public async Task ALengthThatCutsAnEntry()
    {
        // Two entries and a half.
        const ushort length = FirstEntry + (2 * ProcessorLength) + (ProcessorLength / 2);
        MachineResult result = await BootSpoiltAsync(static (_, table) => BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(TableLength), length));

        AssertOnline(result, Ids(2), MpTable);
        AssertSays(result, "firmware bug: MP configuration table: ends too early at offset 0x54");
    }

    [Fact]
    public async Task AnEntryOfUnknownType()
    {
        MachineResult result = await BootSpoiltAsync(static (_, table) => table[FirstEntry + (2 * ProcessorLength)] = 77);

        AssertOnline(result, Ids(2), MpTable);
        AssertSays(result, "firmware bug: MP configuration table: unknown entry type at offset 0x54 (0x4d)");
    }

    [Fact]
    public async Task AFloatingPointerWithAWrongChecksum()
    {
        MachineResult result = await BootSpoiltAsync(static (pointer, _) => pointer[PointerChecksum] ^= 1, repairsPointer: false);

        AssertOnline(result, [0], NoTable);
        AssertSays(result, "firmware bug: MP floating pointer: wrong checksum at offset 0xa");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task ADefaultConfiguration(byte number)
    {
        // No table at all: a number that stands for one, of two processors. The other two are unknown to it.
        MachineResult result = await BootSpoiltAsync((pointer, _) => pointer[PointerFeature] = number);

        AssertOnline(result, Ids(2), "MP default configuration");
    }

    [Fact]
    public async Task ADefaultConfigurationThatDoesNotExist()
    {
        MachineResult result = await BootSpoiltAsync(static (pointer, _) => pointer[PointerFeature] = 8);

        AssertOnline(result, [0], NoTable);
        AssertSays(result, "firmware bug: MP floating pointer: impossible value at offset 0xb (0x8)");
    }

    // Four packages, so that the table lists four processors.
    private static Task<MachineResult> BootSpoiltAsync(Action<byte[], byte[]> spoil, bool repairsPointer = true, bool repairsTable = true) =>
        new DebuggedMachine().RunAsync(Describe("pc,acpi=off", "4,sockets=4"), ["/bin/busybox", "nproc"], async gdb =>
        {
            await gdb.RunToAsync(DebuggedMachine.KernelEntry, DebuggedMachine.StepMax);
            await gdb.UsePhysicalMemoryAsync(true);
            await SpoilAsync(gdb, spoil, repairsPointer, repairsTable);
            await gdb.ContinueAsync();
        });

    private static async Task SpoilAsync(GdbClient gdb, Action<byte[], byte[]> spoil, bool repairsPointer, bool repairsTable)
    {
        const int segment = 0xF0000;
        byte[] bios = await gdb.ReadMemoryAsync(segment, 0x10000);
        int pointerAt = FindPointer(bios);
        byte[] pointer = bios[pointerAt..(pointerAt + PointerLength)];
        int tableAt = BinaryPrimitives.ReadInt32LittleEndian(pointer.AsSpan(4)) - segment;
        byte[] table = bios[tableAt..(tableAt + BinaryPrimitives.ReadUInt16LittleEndian(bios.AsSpan(tableAt + TableLength)))];

        spoil(pointer, table);
        if (repairsPointer)
            Repair(pointer, PointerChecksum, pointer.Length);
        if (repairsTable)
            Repair(table, TableChecksum, Math.Min(table.Length, BinaryPrimitives.ReadUInt16LittleEndian(table.AsSpan(TableLength))));
        await gdb.WriteMemoryAsync((ulong)(segment + pointerAt), pointer);
        await gdb.WriteMemoryAsync((ulong)(segment + tableAt), table);
    }

    private static int FindPointer(byte[] bios)
    {
        for (int at = 0; at < bios.Length; at += PointerLength)
        {
            if (bios.AsSpan(at).StartsWith("_MP_"u8))
                return at;
        }

        throw new InvalidDataException("the BIOS has no MP floating pointer");
    }

    private static void Repair(byte[] bytes, int checksumAt, int length)
    {
        int sum = 0;
        foreach (byte value in bytes.AsSpan(0, length))
            sum += value;
        bytes[checksumAt] -= (byte)sum;
    }
}

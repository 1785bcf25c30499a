// The wiring of ISA interrupts by the MADT and by MP tables, on captured and on forged machines.
using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Interrupts;
using Commence.Firmware.Mp;
using Xunit;

namespace Commence.Tests.Firmware;

public class InterruptWiringTests
{
    private static InterruptWiring FromMadt(byte[] bytes, out FaultLog faults, MemoryMap memory = default)
    {
        Madt madt = CapturedMachineTests.OpenMadt(bytes, out faults);
        InterruptWiring.Read(madt, default, in memory, out InterruptWiring wiring, ref faults);
        return wiring;
    }

    private static InterruptWiring FromMp(SparseMemory image, out FaultLog faults)
    {
        faults = default;
        Assert.True(MpConfiguration.TryFind(image.Memory, new byte[MpDefaultTable.SizeBytesMax], ref faults, out MpConfiguration mp));
        InterruptWiring.Read(mp, default, default, out InterruptWiring wiring, ref faults);
        return wiring;
    }

    private static byte[] IoApic(byte id, uint address, uint gsi) => [1, 12, id, 0, .. Tables.Bytes(address, gsi)];

    private static byte[] Override(byte irq, uint gsi, ushort flags) => [2, 10, 0, irq, .. Tables.Bytes(gsi), (byte)flags, (byte)(flags >> 8)];

    [Theory]
    [MemberData(nameof(CapturedMachineTests.PcMachines), MemberType = typeof(CapturedMachineTests))]
    public void BothTablesOfAMachineAgree(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        bool isMicrovm = name.Contains("microvm", StringComparison.Ordinal);
        List<InterruptWiring> wirings = [];
        if (machine.HasFile("APIC.bin"))
            wirings.Add(FromMadt(machine.File_("APIC.bin"), out _));
        if (machine.MpPointer != 0)
            wirings.Add(FromMp(machine.Image, out _));
        foreach (InterruptWiring wiring in wirings)
        {
            Assert.Equal(0xFEC00000ul, wiring.IoApics[0].Address.Value);
            Assert.Equal(1, wiring.NmiLocalInput);
            Assert.False(wiring.Isa(2).IsWired && !isMicrovm);

            // The serial port, and the timer: on input 2 where there is a legacy timer.
            Assert.Equal((true, 4u, 0), (wiring.Isa(4).IsWired, wiring.Isa(4).Pin, wiring.Isa(4).IoApic));
            Assert.True(isMicrovm || wiring.Isa(0) is { IsWired: true, Pin: 2, IsLevel: false });
        }
    }

    [Theory]
    [InlineData(0xFEC0_0000, true)]
    [InlineData(0xFEC0_0400, true)]
    [InlineData(0xFEC0_0010, false)]   // not aligned
    [InlineData(0xFEE0_0000, false)]   // a write there is an interrupt message
    [InlineData(0xFEEF_F000, false)]
    [InlineData(0x0010_0000, false)]   // memory
    [InlineData(0x000F_0000, true)]    // reserved
    [InlineData(0, false)]
    public void AnIoApicLiesWhereRegistersCanLie(uint address, bool isTaken)
    {
        MemoryMap memory = default;
        memory.Add(new PhysAddr(0x000F_0000), 0x1_0000, MemoryKind.Reserved);
        memory.Add(new PhysAddr(0x0010_0000), 0x100_0000, MemoryKind.Usable);
        InterruptWiring wiring = FromMadt(Tables.Madt(3, IoApic(1, address, 0)), out FaultLog faults, memory);

        Assert.Equal(isTaken ? 1 : 0, wiring.IoApics.Length);
        Assert.Equal(isTaken ? 0 : 1, faults.TotalCount);
    }

    [Fact]
    public void ReadsOverridesOfTheMadt()
    {
        InterruptWiring wiring = FromMadt(CapturedMachine.Load("x86-q35-acpion-seabios-smp2").File_("APIC.bin"), out FaultLog faults);
        Assert.Equal(0, faults.TotalCount);
        Assert.True(wiring.HasLegacyPics);
        Assert.True(wiring.Isa(9) is { IsWired: true, Pin: 9, IsLevel: true, IsActiveLow: false });
        Assert.True(wiring.Isa(1) is { IsWired: true, Pin: 1, IsLevel: false, IsActiveLow: false });
    }

    [Fact]
    public void AnOverrideTakesAnInputFromItsOwner()
    {
        // 0 to 2, 3 to 5; 5, which loses its input, goes to 20 by an override that comes first.
        InterruptWiring wiring = FromMadt(
            Tables.Madt(3, IoApic(0, 0xFEC00000, 0), Override(5, 20, 0xF), Override(0, 2, 0), Override(3, 5, 0)), out FaultLog faults);
        Assert.Equal(0, faults.TotalCount);
        Assert.Equal([2u, 1, 0, 5, 4, 20], Enumerable.Range(0, 6).Select(irq => wiring.Isa(irq).Pin));
        Assert.False(wiring.Isa(2).IsWired);
        Assert.True(wiring.Isa(5) is { IsWired: true, IsLevel: true, IsActiveLow: true });

        wiring = FromMadt(Tables.Madt(3, IoApic(0, 0xFEC00000, 0), Override(3, 5, 0)), out _);
        Assert.False(wiring.Isa(5).IsWired);
    }

    [Fact]
    public void FindsTheIoApicOfAGlobalInterrupt()
    {
        InterruptWiring wiring = FromMadt(
            Tables.Madt(3, IoApic(8, 0xFEC10000, 24), IoApic(0, 0xFEC00000, 0), IoApic(9, 0xFEC20000, 48), IoApic(3, 0xFEC20000, 72)), out FaultLog faults);
        Assert.Equal((3, 1, FaultKind.Duplicate), (wiring.IoApics.Length, faults.TotalCount, faults[0].Kind));
        Assert.True(wiring.TryFindGsi(30, out int ioApic, out uint pin));
        Assert.Equal((0, 6u), (ioApic, pin));
        Assert.True(wiring.TryFindGsi(23, out ioApic, out pin));
        Assert.Equal((1, 23u), (ioApic, pin));
        Assert.True(wiring.TryFindGsi(5000, out ioApic, out pin));
        Assert.Equal((2, 5000u - 48), (ioApic, pin));
        Assert.False(FromMadt(Tables.Madt(3, IoApic(8, 0xFEC10000, 24)), out _).TryFindGsi(3, out _, out _));
    }

    [Fact]
    public void NamesOverridesThatCannotBe()
    {
        InterruptWiring wiring = FromMadt(
            Tables.Madt(3, IoApic(0, 0xFEC00000, 0), Override(16, 2, 0), Override(1, 2, 2), IoApic(1, 0, 24)), out FaultLog faults);
        Assert.Equal([FaultKind.NullPointer, FaultKind.BadValue, FaultKind.BadValue], faults.Faults.ToArray().Select(fault => fault.Kind));
        Assert.Equal(1u, wiring.Isa(1).Pin);
        Assert.False(FromMadt(Tables.Madt(3), out _).Isa(4).IsWired);
    }

    [Fact]
    public void ReadsTheDefaultConfigurations()
    {
        for (byte number = 1; number <= MpDefaultTable.NumberMax; number++)
        {
            SparseMemory image = new();
            image.Put(0xF0000, Tables.MpPointer(0, number));
            InterruptWiring wiring = FromMp(image, out FaultLog faults);
            Assert.Equal(0, faults.TotalCount);
            Assert.Equal(number != 2, wiring.Isa(0).IsWired);
            bool isMicroChannel = number is 4 or 7;
            Assert.Equal((true, 8u, isMicroChannel, isMicroChannel), (wiring.Isa(8).IsWired, wiring.Isa(8).Pin, wiring.Isa(8).IsLevel, wiring.Isa(8).IsActiveLow));
        }
    }

    [Fact]
    public void LocalInputsAreThoseOfTheBootProcessor()
    {
        byte[] madt = Tables.Madt(
            3,
            Tables.LocalApic(5, 0, 1), Tables.LocalApic(6, 1, 1), Tables.LocalX2Apic(0x300, 1, 0x1000),
            [4, 6, 5, 0, 0, 0], // uid 5: LINT0
            [4, 6, 6, 0xF, 0, 1], // uid 6: LINT1, active low
            [10, 12, 0, 0, .. Tables.Bytes(0x1000), 0, 0, 0, 0]);
        Assert.Equal((0, false), Nmi(madt, 0));
        Assert.Equal((1, true), Nmi(madt, 1));
        Assert.Equal((0, false), Nmi(madt, 0x300));
        Assert.Equal((1, false), Nmi(madt, 7)); // no word of it: the usual one

        static (int Input, bool IsActiveLow) Nmi(byte[] bytes, uint bootProcessor)
        {
            Madt table = CapturedMachineTests.OpenMadt(bytes, out FaultLog faults);
            InterruptWiring.Read(table, new ApicId(bootProcessor), default, out InterruptWiring wiring, ref faults);
            return (wiring.NmiLocalInput, wiring.IsNmiActiveLow);
        }
    }

    [Fact]
    public void LocalInputsOfMpTables()
    {
        SparseMemory image = new();
        image.Put(0xF0000, Tables.MpPointer(0xF0100, hasImcr: true));
        image.Put(0xF0100, Tables.MpTable(
        [
            Tables.MpCpu(2, 3),
            [4, 3, 0, 0, 0, 0, 2, 1], // the 8259s: LINT1 of processor 2
            [4, 1, 3, 0, 0, 0, 0xFF, 0], // NMI: LINT0 of all, active low
            [4, 1, 0, 0, 0, 0, 9, 1], // of another
        ]));
        FaultLog faults = default;
        Assert.True(MpConfiguration.TryFind(image.Memory, new byte[MpDefaultTable.SizeBytesMax], ref faults, out MpConfiguration mp));
        Assert.True(mp.Pointer.HasImcr);
        InterruptWiring.Read(mp, new ApicId(2), default, out InterruptWiring wiring, ref faults);
        Assert.Equal((1, 0, true), (wiring.ExternalLocalInput, wiring.NmiLocalInput, wiring.IsNmiActiveLow));
        InterruptWiring.Read(mp, new ApicId(9), default, out wiring, ref faults);
        Assert.Equal((0, 1, false), (wiring.ExternalLocalInput, wiring.NmiLocalInput, wiring.IsNmiActiveLow));
    }
}

// What tables and CPUID say of clocks: captured, forged, and beyond what can be.
using System;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpus;
using Xunit;

namespace Commence.Tests.Firmware;

public class TimerTableTests
{
    private static byte[] Hpet(ulong address, byte space = 0, int length = 56)
    {
        byte[] body = [.. Tables.Bytes(0x8086A201), space, 0, 0, 0, .. Tables.Bytes64(address), 7, 0, 0, 0];
        return Tables.Acpi("HPET", 1, body[..(length - 36)]);
    }

    private static bool TryParse(byte[] bytes, out HpetTable hpet, out ParseFault fault)
    {
        Assert.True(AcpiTable.TryParse(bytes, FirmwarePart.Hpet, out AcpiTable table, out _));
        return HpetTable.TryParse(table, out hpet, out fault);
    }

    [Theory]
    [MemberData(nameof(CapturedMachineTests.PcMachines), MemberType = typeof(CapturedMachineTests))]
    public void ReadsTheTimersOfCapturedMachines(string name)
    {
        CapturedMachine machine = CapturedMachine.Load(name);
        FaultLog faults = default;
        AcpiTables.TryLoad(machine.Image.Memory, new PhysAddr(machine.Rsdp), ref faults, out AcpiTables tables);
        AcpiTimers timers = AcpiTimers.Read(machine.Image.Memory, in tables, ref faults);

        Assert.Equal(tables.TryFind("FACP"u8, out _), timers.HasFadt);
        Assert.Equal(tables.TryFind("HPET"u8, out _), timers.HasHpet);
        if (timers.HasHpet)
            Assert.Equal((0xFED00000ul, (byte)0), (timers.Hpet.Address.Value, timers.Hpet.Number));
        if (!timers.HasFadt)
            return;

        bool isMicrovm = name.Contains("microvm", StringComparison.Ordinal);
        Assert.Equal((isMicrovm, !isMicrovm), (timers.IsHardwareReduced, timers.PmTimer.IsPresent));
        Assert.False(timers.IsPmTimer32Bits);
    }

    [Fact]
    public void ReadsATable()
    {
        Assert.True(TryParse(Hpet(0x1234_5678_9000), out HpetTable hpet, out _));
        Assert.Equal((0x1234_5678_9000ul, (byte)7), (hpet.Address.Value, hpet.Number));
    }

    [Theory]
    [InlineData(0ul, 0, 56, FaultKind.NullPointer)]
    [InlineData(0xFED00004ul, 0, 56, FaultKind.BadValue)]
    [InlineData(0xFED00000ul, 1, 56, FaultKind.BadValue)]
    [InlineData((1ul << 52) - 0x100, 0, 56, FaultKind.BadValue)]
    [InlineData(ulong.MaxValue - 7, 0, 56, FaultKind.BadValue)]
    [InlineData(0xFED00000ul, 0, 55, FaultKind.Truncated)]
    public void NamesWhatCannotBe(ulong address, byte space, int length, FaultKind kind)
    {
        Assert.False(TryParse(Hpet(address, space, length), out _, out ParseFault fault));
        Assert.Equal(kind, fault.Kind);
    }

    [Theory]
    [InlineData(10_000_000, 100_000_000)]   // QEMU
    [InlineData(69_841_279, 14_318_180)]    // chipsets
    [InlineData(41_666_667, 24_000_000)]
    [InlineData(100_000_000, 10_000_000)]   // the slowest that is allowed
    public void TheRateFollowsFromThePeriod(uint femtoseconds, ulong hertz)
    {
        Assert.True(HpetRate.TryFromPeriod(femtoseconds, out ulong got));
        Assert.Equal(hertz, got);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9_999)]
    [InlineData(100_000_001)]
    [InlineData(uint.MaxValue)]
    public void ImpossiblePeriodsAreRefused(uint femtoseconds) => Assert.False(HpetRate.TryFromPeriod(femtoseconds, out _));

    [Theory]
    [InlineData(2, 216, 24_000_000, 0, 2_592_000_000)]   // the crystal is told
    [InlineData(2, 216, 0, 2600, 2_600_000_000)]         // it is not; the base frequency stands for it
    [InlineData(2, 216, 0, 0x1_0A28, 2_600_000_000)]     // of which sixteen bits count
    [InlineData(0, 216, 24_000_000, 2600, 0)]
    [InlineData(2, 0, 24_000_000, 2600, 0)]
    [InlineData(2, 216, 0, 0, 0)]
    [InlineData(1, uint.MaxValue, uint.MaxValue, 0, 0)]
    [InlineData(uint.MaxValue, 1, 24_000_000, 0, 0)]
    public void RatesFromCpuId(uint denominator, uint numerator, uint crystalHz, uint baseMegahertz, ulong hertz)
    {
        Assert.Equal(hertz != 0, CpuIdRates.TryFromRatio(denominator, numerator, crystalHz, baseMegahertz, out ulong got));
        Assert.Equal(hertz, got);
    }

    [Theory]
    [InlineData(2_591_998, 2_591_998_000)]
    [InlineData(0, 0)]
    [InlineData(999, 0)]
    [InlineData(uint.MaxValue, 0)]
    public void RatesFromTheHypervisor(uint kilohertz, ulong hertz)
    {
        Assert.Equal(hertz != 0, CpuIdRates.TryFromHypervisor(kilohertz, out ulong got));
        Assert.Equal(hertz, got);
    }
}

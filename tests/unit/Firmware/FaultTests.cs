// How faults are kept and worded.
using System;
using System.Text;
using Commence.Firmware;
using Commence.Lib;
using Xunit;

namespace Commence.Tests.Firmware;

public class FaultTests
{
    [Theory]
    [InlineData(FirmwarePart.Madt, FaultKind.ZeroLength, 0x3C, 0, "ACPI MADT: entry of length zero at offset 0x3c")]
    [InlineData(FirmwarePart.MpTable, FaultKind.BadChecksum, 7, 0x1F, "MP configuration table: wrong checksum at offset 0x7 (0x1f)")]
    [InlineData(FirmwarePart.Madt, FaultKind.BootProcessorMissing, 0, 3, "ACPI MADT: the boot processor is not listed (0x3)")]
    [InlineData(FirmwarePart.MpTable, FaultKind.NoProcessor, 0, 0, "MP configuration table: no processor that could run")]
    public void SaysWhatAndWhere(FirmwarePart part, FaultKind kind, ulong offset, ulong value, string expected)
    {
        TextWriter text = new(new byte[128]);
        new ParseFault(part, kind, offset, value).Format(ref text);
        Assert.Equal(expected, Encoding.ASCII.GetString(text.Text));
    }

    [Fact]
    public void EveryPartAndKindHasWords()
    {
        foreach (FirmwarePart part in Enum.GetValues<FirmwarePart>())
        {
            bool isNamed = !new ParseFault(part, FaultKind.Missing, 0).PartName.StartsWith("unknown"u8);
            Assert.Equal(part != FirmwarePart.None, isNamed);
        }

        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
            Assert.False(new ParseFault(FirmwarePart.Elf, kind, 0).Message.StartsWith("unknown fault"u8));
    }

    [Fact]
    public void ALogKeepsTheFirstFaultsAndCountsTheRest()
    {
        FaultLog log = default;
        for (ulong i = 0; i < 40; i++)
            log.Add(FirmwarePart.Srat, FaultKind.BadValue, i);
        Assert.Equal((FaultLog.Capacity, 40 - FaultLog.Capacity, 40), (log.Count, log.LeftOutCount, log.TotalCount));
        for (int i = 0; i < log.Count; i++)
            Assert.Equal((ulong)i, log[i].Offset);
        Assert.True(log.Contains(FirmwarePart.Srat, FaultKind.BadValue));
        Assert.False(log.Contains(FirmwarePart.Slit, FaultKind.BadValue));
    }
}

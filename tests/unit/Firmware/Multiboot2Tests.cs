// Boot information as GRUB writes it, and damaged.
using System;
using System.Linq;
using System.Text;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Multiboot;
using Xunit;

namespace Commence.Tests.Firmware;

public class Multiboot2Tests
{
    private const ulong At = 0x10_0000 - 0x4000;

    private static byte[] Tag(uint type, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(part => part)];
        byte[] padding = new byte[-body.Length & 7];
        return [.. Tables.Bytes(type, (uint)body.Length + 8), .. body, .. padding];
    }

    internal static byte[] Info(params byte[][] tags)
    {
        byte[] body = [.. tags.SelectMany(tag => tag), .. Tables.Bytes(0, 8)];
        return [.. Tables.Bytes((uint)body.Length + 8, 0), .. body];
    }

    internal static byte[] Sample() => Info(
        Tag(1, "console=ttyS0\0"u8.ToArray()),
        Tag(2, "GRUB 2.06\0"u8.ToArray()),
        Tag(3, Tables.Bytes(0x20_0000, 0x30_0001), "rd\0"u8.ToArray()),
        Tag(3, Tables.Bytes(0x40_0000, 0x3F_0000), "wrong\0"u8.ToArray()),
        Tag(6, Tables.Bytes(24, 0), Region(0, 0x9FC00, 1), Region(0x9FC00, 0x400, 2), Region(0x10_0000, 0x700_0000, 1), Region(0x710_0000, 0x1000, 3)),
        Tag(14, Tables.Rsdp(0x7FE1000)),
        Tag(15, Tables.Rsdp(0x7FE1000, 0x7FE2000, 2)));

    internal static byte[] UefiSample() => Info(
        Tag(1, "console=ttyS0\0"u8.ToArray()),
        Tag(12, Tables.Bytes64(0x7FE_0018)),
        Tag(6, Tables.Bytes(24, 0), Region(0, 0xA0000, 1), Region(0x10_0000, 0x700_0000, 1)),
        Tag(17, Tables.Bytes(48, 1), Efi(7, 0, 0x9F), Efi(4, 0x10_0000, 16), Efi(6, 0x20_0000, 1), Efi(9, 0x30_0000, 1), Efi(10, 0x30_1000, 1)),
        Tag(14, Tables.Rsdp(0x7FE1000)),
        Tag(15, Tables.Rsdp(0x7FE1000, 0x7FE2000, 2)));

    private static byte[] Region(ulong start, ulong length, uint kind) => [.. Tables.Bytes64(start, length), .. Tables.Bytes(kind, 0)];

    private static byte[] Efi(uint type, ulong start, ulong pages) => [.. Tables.Bytes(type, 0), .. Tables.Bytes64(start, 0, pages, 0xF, 0)];

    private static SparseMemory Machine(byte[] info)
    {
        SparseMemory image = new();
        image.Put(At, info);
        return image;
    }

    [Fact]
    public void ReadsTheTags()
    {
        SparseMemory image = Machine(Sample());
        FaultLog faults = default;
        Assert.True(Multiboot2Info.TryRead(image.Memory, new PhysAddr(At), out Multiboot2Info info, out _));
        Assert.Equal("console=ttyS0", Encoding.ASCII.GetString(info.CommandLine));
        Assert.True(info.TryGetModule(0, ref faults, out PhysRange module, out ReadOnlySpan<byte> text));
        Assert.Equal((0x20_0000ul, 0x10_0001ul, "rd"), (module.Start.Value, module.Length, Encoding.ASCII.GetString(text)));
        Assert.False(info.TryGetModule(2, ref faults, out _, out _));
        Assert.Equal(2, info.ModuleCount);
        Assert.False(info.IsUefi);
        Assert.True(RsdpSearch.TryFind(image.Memory, info.Rsdp, ref faults, out Rsdp rsdp));
        Assert.Equal((2, 0x7FE2000ul), (rsdp.Revision, rsdp.Xsdt.Value));

        MemoryMap map = default;
        Assert.True(info.TryReadMemoryMap(ref faults, ref map));
        Assert.Equal(4, map.Count);
        Assert.Equal(0x9FC00ul + 0x700_0000, map.UsableBytes);
        Assert.Equal(MemoryKind.AcpiReclaimable, map.KindAt(new PhysAddr(0x710_0800)));
        info.FindFaults(ref faults);
        Assert.Equal(0, faults.TotalCount);
    }

    [Fact]
    public void FallsBackToTheEfiMap()
    {
        byte[] tag = Tag(17, Tables.Bytes(48, 1), Efi(7, 0, 0x9F), Efi(4, 0x10_0000, 16), Efi(6, 0x20_0000, 1), Efi(9, 0x30_0000, 1), Efi(10, 0x30_1000, 1));
        FaultLog faults = default;
        MemoryMap map = default;
        Assert.True(Multiboot2Info.TryRead(Machine(Info(tag)).Memory, new PhysAddr(At), out Multiboot2Info info, out _));
        Assert.True(info.TryReadMemoryMap(ref faults, ref map));
        Assert.Equal(
            [(0x9F000ul, MemoryKind.Usable), (0x110000, MemoryKind.Usable), (0x201000, MemoryKind.Reserved), (0x301000, MemoryKind.AcpiReclaimable), (0x302000, MemoryKind.AcpiNvs)],
            map.Regions.ToArray().Select(region => (region.End.Value, region.Kind)));
        Assert.True(info.Rsdp.IsNull);
        Assert.True(info.CommandLine.IsEmpty);
    }

    [Fact]
    public void NamesWhatIsWrong()
    {
        Assert.False(Multiboot2Info.TryRead(new SparseMemory().Memory, new PhysAddr(At), out _, out ParseFault fault));
        Assert.Equal(FaultKind.BadLength, fault.Kind);
        Assert.False(Multiboot2Info.TryRead(new SparseMemory().Memory, new PhysAddr(1ul << 40), out _, out fault));
        Assert.Equal(FaultKind.Unreadable, fault.Kind);

        FaultLog faults = default;
        MemoryMap map = default;
        Assert.True(Multiboot2Info.TryRead(Machine(Info()).Memory, new PhysAddr(At), out Multiboot2Info info, out _));
        Assert.False(info.TryReadMemoryMap(ref faults, ref map));
        Assert.Equal(FaultKind.Missing, faults[0].Kind);

        Assert.False(info.TryGetModule(0, ref faults, out _, out _)); // none is not a fault
        Assert.Equal(1, faults.Count);

        byte[] cut = Sample();
        BitConverter.TryWriteBytes(cut.AsSpan(12), 0); // the first tag's size
        Assert.True(Multiboot2Info.TryRead(Machine(cut).Memory, new PhysAddr(At), out info, out _));
        info.FindFaults(ref faults);
        Assert.Equal((FaultKind.Truncated, 8ul), (faults[1].Kind, faults[1].Offset));
        Assert.True(info.CommandLine.IsEmpty);
    }

    [Fact]
    public void WhatEitherMapCallsReservedIsNotUsable()
    {
        FaultLog faults = default;
        MemoryMap map = default;
        Assert.True(Multiboot2Info.TryRead(Machine(UefiSample()).Memory, new PhysAddr(At), out Multiboot2Info info, out _));
        Assert.True(info.IsUefi);
        Assert.True(info.TryReadMemoryMap(ref faults, ref map));
        Assert.Equal(MemoryKind.Usable, map.KindAt(new PhysAddr(0x9F800))); // the loader's map alone has it
        Assert.Equal(
            [MemoryKind.Usable, MemoryKind.Reserved, MemoryKind.AcpiReclaimable, MemoryKind.AcpiNvs, MemoryKind.Usable],
            new ulong[] { 0x1F_FFFF, 0x20_0000, 0x30_0000, 0x30_1000, 0x30_2000 }.Select(at => map.KindAt(new PhysAddr(at))));
        Assert.Equal(0, faults.TotalCount);
    }

    [Fact]
    public void WithoutAUsableMapOfTheLoaderEfisServes()
    {
        byte[] efi = Tag(17, Tables.Bytes(48, 1), Efi(7, 0x10_0000, 16));
        FaultLog faults = default;
        MemoryMap map = default;
        Assert.True(Multiboot2Info.TryRead(Machine(Info(Tag(6, Tables.Bytes(4, 0)), efi)).Memory, new PhysAddr(At), out Multiboot2Info info, out _));
        Assert.True(info.TryReadMemoryMap(ref faults, ref map));
        Assert.Equal(0x1_0000ul, map.UsableBytes);
        Assert.Equal((FaultKind.BadLength, 16ul), (faults[0].Kind, faults[0].Offset));
    }

    [Fact]
    public void RunningBootServicesOwnTheMemory()
    {
        FaultLog faults = default;
        MemoryMap map = default;
        byte[] bytes = Info(Tag(6, Tables.Bytes(24, 0), Region(0x10_0000, 0x700_0000, 1)), Tag(18));
        Assert.True(Multiboot2Info.TryRead(Machine(bytes).Memory, new PhysAddr(At), out Multiboot2Info info, out _));
        Assert.False(info.TryReadMemoryMap(ref faults, ref map));
        Assert.Equal((FaultKind.Unsupported, 18ul), (faults[0].Kind, faults[0].Value));
        Assert.Equal(0, map.Count);
    }

    [Theory]
    [InlineData(0x40_0000, 0x3F_0000)] // ends before it begins
    [InlineData(0xFFFF_FFFF, 0)]
    public void AModuleThatCannotBeIsNamed(uint start, uint end)
    {
        FaultLog faults = default;
        Assert.True(Multiboot2Info.TryRead(Machine(Info(Tag(3, Tables.Bytes(start, end), "rd\0"u8.ToArray()))).Memory, new PhysAddr(At), out Multiboot2Info info, out _));
        Assert.False(info.TryGetModule(0, ref faults, out _, out _));
        Assert.Equal((FaultKind.BadLength, 8ul), (faults[0].Kind, faults[0].Offset));
    }

    [Fact]
    public void AModuleTagThatIsCutIsNamed()
    {
        FaultLog faults = default;
        Assert.True(Multiboot2Info.TryRead(Machine(Info(Tag(3, Tables.Bytes(0x20_0000)))).Memory, new PhysAddr(At), out Multiboot2Info info, out _));
        Assert.False(info.TryGetModule(0, ref faults, out _, out _));
        Assert.Equal(FaultKind.BadLength, faults[0].Kind);
    }

    [Theory]
    [InlineData(false, 0x7FE2000)]
    [InlineData(true, 0)] // the older copy has no XSDT
    public void ADamagedNewRootPointerLeavesTheOld(bool isDamaged, ulong xsdt)
    {
        byte[] pointer = Tables.Rsdp(0x7FE1000, 0x7FE2000, 2);
        pointer[8] += (byte)(isDamaged ? 1 : 0);
        SparseMemory image = Machine(Info(Tag(14, Tables.Rsdp(0x7FE1000)), Tag(15, pointer)));
        FaultLog faults = default;
        Assert.True(Multiboot2Info.TryRead(image.Memory, new PhysAddr(At), out Multiboot2Info info, out _));
        Assert.True(RsdpSearch.TryReadGiven(image.Memory, info.Rsdp, ref faults, out Rsdp rsdp));
        Assert.Equal((0x7FE1000ul, xsdt), (rsdp.Rsdt.Value, rsdp.Xsdt.Value));
    }

    [Fact]
    public void UnderUefiNobodyLooksWhereABiosWouldBe()
    {
        SparseMemory image = Machine(UefiSample());
        image.Put(0xF_5250, Tables.Rsdp(0x7FE1000));
        FaultLog faults = default;
        Assert.True(RsdpSearch.TryFind(image.Memory, default, ref faults, out _));
        Assert.False(RsdpSearch.TryReadGiven(image.Memory, default, ref faults, out _));
        Assert.False(AcpiTables.TryLoadGiven(image.Memory, default, ref faults, out _));
        Assert.False(AcpiTables.TryLoadGiven(image.Memory, new PhysAddr(0xF_5251), ref faults, out _));
        Assert.True(faults.Contains(FirmwarePart.Rsdp, FaultKind.BadSignature));
    }
}

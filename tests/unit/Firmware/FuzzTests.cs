// Every parser over damaged fixtures: no crash, no read out of bounds (a span's check throws), no endless walk, and no
// result that contradicts what a parser promises.
using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Commence.Firmware.Cpio;
using Commence.Firmware.Cpus;
using Commence.Firmware.Elf;
using Commence.Firmware.Gzip;
using Commence.Firmware.Interrupts;
using Commence.Firmware.Mp;
using Commence.Firmware.Multiboot;
using Commence.Firmware.Pvh;
using Xunit;

namespace Commence.Tests.Firmware;

public class FuzzTests
{
    private static readonly CapturedMachine[] s_machines =
        [.. CapturedMachine.Names.Where(name => name.StartsWith("x86", StringComparison.Ordinal)).Select(CapturedMachine.Load)];

    private static byte[][] Fixtures(string pattern) =>
        [.. Directory.GetFiles(CapturedMachine.Root, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static T Pick<T>(T[] items, Random random) => items[random.Next(items.Length)];

    // Half of the cases get a right checksum again, to come behind the check.
    private static byte[] Repair(byte[] bytes, int checksumAt, Random random)
    {
        if (random.Next(2) == 0 && bytes.Length > checksumAt)
            Tables.WithChecksum(bytes, checksumAt);
        return bytes;
    }

    private static void AssertSane(in FaultLog faults)
    {
        Span<byte> buffer = stackalloc byte[256];
        foreach (ParseFault fault in faults.Faults)
        {
            Assert.True(fault.IsFault);
            Commence.Lib.TextWriter text = new(buffer);
            fault.Format(ref text);
            Assert.False(text.IsTruncated);
        }
    }

    [Fact]
    public void MpTables()
    {
        byte[][] corpus = [.. Fixtures("mpct.bin"), Tables.MpTable([Tables.MpCpu(0, 3)], [128, 20, .. new byte[18], 129, 8, .. new byte[6]])];
        Fuzz.Run("MP configuration table", 1, random =>
        {
            byte[] bytes = Repair(Fuzz.Mutate(Pick(corpus, random), random), 7, random);
            if (!MpTable.TryParse(bytes, out MpTable table, out ParseFault fault))
            {
                Assert.True(fault.IsFault);
                return;
            }

            FaultLog faults = default;
            table.FindFaults(ref faults);
            AssertSane(in faults);
            int end = MpTable.HeaderSizeBytes;
            foreach (MpEntry entry in table.Entries)
            {
                Assert.Equal(end, entry.Offset);
                end += entry.Bytes.Length;
                int readers = (MpProcessor.TryParse(entry.Bytes, out _) ? 1 : 0) + (MpBus.TryParse(entry.Bytes, out _) ? 1 : 0)
                    + (MpIoApic.TryParse(entry.Bytes, out _) ? 1 : 0) + (MpInterrupt.TryParse(entry.Bytes, out _) ? 1 : 0);
                Assert.Equal(1, readers);
            }

            Assert.True(end <= bytes.Length);
            foreach (MpEntry entry in table.ExtendedEntries)
                Assert.True(entry.Bytes.Length >= 2);
        });
    }

    [Fact]
    public void Madts()
    {
        byte[][] corpus = [.. Fixtures("APIC.bin"), .. Fixtures("*.aml")];
        Fuzz.Run("MADT", 1, random =>
        {
            byte[] bytes = Repair(Fuzz.Mutate(Pick(corpus, random), random), 9, random);
            FaultLog faults = default;
            if (!AcpiTable.TryParse(bytes, FirmwarePart.Madt, out AcpiTable table, out ParseFault fault) || !Madt.TryParse(table, out Madt madt, out fault))
            {
                Assert.True(fault.IsFault);
                return;
            }

            madt.FindFaults(ref faults);
            int end = 44;
            int skipped = 0;
            foreach (MadtEntry entry in madt.Entries)
            {
                skipped += entry.Offset - end;
                end = entry.Offset + entry.Bytes.Length;
                _ = MadtIoApic.TryParse(entry.Bytes, out _) | MadtInterruptOverride.TryParse(entry.Bytes, out _)
                    | MadtNmiSource.TryParse(entry.Bytes, out _) | MadtLocalApicNmi.TryParse(entry.Bytes, out _);
            }

            Assert.True(skipped is 0 or 2 && end <= table.Bytes.Length);
            Assert.True(end == table.Bytes.Length || faults.TotalCount != 0);
            ProcessorList list = default;
            list.Begin(new ApicId((uint)random.Next(4)), random.Next(2) == 0 ? 254 : uint.MaxValue - 1);
            list.TryAddMadt(madt, ref faults);
            AssertSane(in faults);
            AssertSane(in list);
            InterruptWiring.Read(madt, new ApicId((uint)random.Next(4)), default, out InterruptWiring wiring, ref faults);
            AssertSane(in wiring);
            _ = madt.LocalApic;
        });
    }

    private static void AssertSane(in InterruptWiring wiring)
    {
        for (int irq = 0; irq < InterruptWiring.IsaIrqCount; irq++)
            Assert.True(!wiring.Isa(irq).IsWired || wiring.Isa(irq).IoApic < wiring.IoApics.Length);
    }

    private static void AssertSane(in ProcessorList list)
    {
        Assert.Equal(list.Count, list.EnabledCount + list.OnlineCapableCount + list.DisabledCount + list.OutOfRangeCount);
        Assert.Equal(ProcessorAvailability.Enabled, list[0].Availability);
        var rank = ProcessorAvailability.Enabled;
        for (int i = 0; i < list.Count; i++)
        {
            Assert.True(list[i].Availability >= rank);
            rank = list[i].Availability;
            Assert.True(list.TryFind(list[i].ApicId, out int index) && index == i);
        }
    }

    [Fact]
    public void Srats()
    {
        byte[][] corpus = [.. Fixtures("SRAT.bin"), Tables.Acpi("SRAT", 3, new byte[12], [2, 24, 0, 0, .. Tables.Bytes(7, 0x220, 1, 0, 0)])];
        Fuzz.Run("SRAT", 1, random =>
        {
            byte[] bytes = Repair(Fuzz.Mutate(Pick(corpus, random), random), 9, random);
            if (AcpiTable.TryParse(bytes, FirmwarePart.Srat, out AcpiTable table, out _) && Srat.TryParse(table, out Srat srat, out ParseFault fault))
                UseSrat(srat);
        });
    }

    [Fact]
    public void Slits()
    {
        byte[][] corpus = [.. Fixtures("SLIT.bin"), Tables.Acpi("SLIT", 1, Tables.Bytes64(3), [10, 20, 30, 20, 10, 25, 30, 25, 10])];
        Fuzz.Run("SLIT", 1, random =>
        {
            byte[] bytes = Repair(Fuzz.Mutate(Pick(corpus, random), random), 9, random);
            if (!AcpiTable.TryParse(bytes, FirmwarePart.Slit, out AcpiTable table, out _) || !Slit.TryParse(table, out Slit slit, out _))
                return;

            for (uint i = 0; i < 4; i++)
                Assert.True(slit.Distance(i, (uint)random.Next()) >= 10 && slit.Distance(i, i) == 10);
        });
    }

    [Fact]
    public void Fadts()
    {
        byte[][] corpus = Fixtures("FACP.bin");
        Fuzz.Run("FADT", 1, random =>
        {
            byte[] bytes = Repair(Fuzz.Mutate(Pick(corpus, random), random), 9, random);
            if (!AcpiTable.TryParse(bytes, FirmwarePart.Fadt, out AcpiTable table, out _) || !Fadt.TryParse(table, out Fadt fadt, out _))
                return;

            _ = fadt.Dsdt.Value + fadt.PmTimer.Address + fadt.Pm1aControl.Address + fadt.Pm1bControl.Address + fadt.Pm1aEvent.Address
                + fadt.Pm1bEvent.Address + fadt.ResetRegister.Address + fadt.SleepControl.Address + fadt.SleepStatus.Address
                + fadt.SciInterrupt + fadt.ResetValue + fadt.MinorRevision + fadt.ArmBootArchitecture + fadt.BootArchitecture;
        });
    }

    [Fact]
    public void Hpets()
    {
        byte[][] corpus = Fixtures("HPET.bin");
        Fuzz.Run("HPET", 1, random =>
        {
            byte[] bytes = Repair(Fuzz.Mutate(Pick(corpus, random), random), 9, random);
            if (AcpiTable.TryParse(bytes, FirmwarePart.AcpiTable, out AcpiTable table, out _) && HpetTable.TryParse(table, out HpetTable hpet, out _))
                Assert.True(hpet.Address.Value != 0 && hpet.Address.Value + HpetTable.RegistersBytes < MemoryMap.AddressEnd);
        });
    }

    [Fact]
    public void Dsdts()
    {
        byte[][] corpus = Fixtures("DSDT.bin");
        Fuzz.Run("DSDT", 4, random =>
        {
            byte[] bytes = Pick(corpus, random);
            int at = bytes.AsSpan().IndexOf("_S5_"u8);
            byte[] near = bytes[Math.Max(0, at - 32)..Math.Min(bytes.Length, at + 32)]; // where a change means something
            if (SleepType.TryFindSoftOff(Fuzz.Mutate(random.Next(8) == 0 ? bytes : near, random), out SleepType type))
                Assert.True(type.Pm1a <= 7 && type.Pm1b <= 7);
        });
    }

    /// <summary>Root pointer, list and tables, with pointers that lead to each other, to themselves, or nowhere.</summary>
    [Fact]
    public void RootPointersAndLists()
    {
        const ulong pointerAt = 0xF0000;
        uint[] places = [0x1000, 0x2000, 0x3000, 0x4000, (uint)pointerAt, 0xFFFFF, 0, 0xFFFF_FFFF];
        SparseMemory image = new();
        Fuzz.Run("RSDP, RSDT, XSDT", 1, random =>
        {
            bool isRevision2 = random.Next(2) == 0;
            uint[] listed = [.. Enumerable.Range(0, random.Next(6)).Select(_ => Pick(places, random))];
            byte[] list = isRevision2 ? Tables.Xsdt([.. listed.Select(place => (ulong)place)]) : Tables.Rsdt(listed);
            byte[] pointer = Tables.Rsdp(isRevision2 ? 0 : 0x1000u, 0x1000, (byte)(isRevision2 ? 2 : 0));
            Place(image, 0x1000, Repair(Damaged(list, random), 9, random));
            Place(image, 0x2000, Damaged(Tables.Madt(3, Tables.LocalApic(0, 0, 1)), random));
            Place(image, 0x3000, Damaged(Tables.Acpi("SRAT", 3, new byte[12]), random));
            Place(image, 0x4000, Damaged(Tables.Acpi("FACP", 1, new byte[80]), random));
            Place(image, (int)pointerAt, Damaged(pointer, random));

            FaultLog faults = default;
            bool isLoaded = AcpiTables.TryLoad(image.Memory, new PhysAddr(random.Next(4) == 0 ? pointerAt : 0), ref faults, out AcpiTables tables);
            AssertSane(in faults);
            Assert.True(isLoaded || tables.Count == 0 || faults.TotalCount != 0);
            Assert.Equal(tables.Count, tables.Entries.ToArray().Select(entry => entry.At.Value).Distinct().Count());
            foreach (AcpiTableEntry entry in tables.Entries)
                Assert.True(!entry.At.IsNull && entry.Length is >= AcpiTable.HeaderSizeBytes and <= AcpiTable.LengthMax);
            if (tables.TryOpen(image.Memory, "APIC"u8, FirmwarePart.Madt, ref faults, out AcpiTable table))
                Assert.Equal(AcpiTable.SignatureOf("APIC"u8), table.Signature);
        });
    }

    /// <summary>Floating pointers everywhere where they are searched for.</summary>
    [Fact]
    public void MpPointers()
    {
        int[] places = [0, 0x400, 511 * 1024, 639 * 1024, 640 * 1024 - 16, 0xF0000, 0xFFFF0, 0x9F000];
        byte[] table = Tables.MpTable([Tables.MpCpu(0, 3), Tables.MpCpu(1, 1)]);
        SparseMemory image = new();
        byte[] scratch = new byte[MpDefaultTable.SizeBytesMax];
        Fuzz.Run("MP floating pointer", 2, random =>
        {
            int at = Pick(places, random);
            uint tableAt = random.Next(4) == 0 ? (uint)random.Next() : 0x8000u;
            byte[] pointer = Tables.MpPointer(tableAt, (byte)(random.Next(3) == 0 ? random.Next(256) : 0), revision: (byte)(random.Next(2) == 0 ? 1 : 4));
            Place(image, at, Repair(Damaged(pointer, random), 10, random));
            Place(image, 0x8000, Repair(Damaged(table, random), 7, random));
            Place(image, 0x40E, Tables.Bytes((uint)random.Next())); // the EBDA's segment
            Place(image, 0x413, Tables.Bytes((uint)random.Next())); // the size of base memory

            FaultLog faults = default;
            if (MpConfiguration.TryFind(image.Memory, scratch, ref faults, out MpConfiguration configuration))
            {
                Assert.True(configuration.IsDefault || configuration.TableRange.Length >= MpTable.HeaderSizeBytes);
                ProcessorList list = default;
                list.Begin(new ApicId(0), 254);
                list.TryAddMp(configuration, ref faults);
                AssertSane(in list);
            }

            AssertSane(in faults);
            image.Low.AsSpan(at, Math.Min(16, image.Low.Length - at)).Clear();
        });
    }

    // As long as the sound one: what lies behind it in memory is another table.
    private static byte[] Damaged(byte[] sound, Random random)
    {
        byte[] bytes = [.. sound];
        if (random.Next(2) == 0)
            Fuzz.MutateInPlace(bytes, random);
        return bytes;
    }

    private static void Place(SparseMemory image, int at, byte[] bytes) => bytes.CopyTo(image.Low, at);

    private static void UseSrat(Srat srat)
    {
        FaultLog faults = default;
        srat.FindFaults(ref faults);
        ProcessorList list = default;
        list.Begin(new ApicId(0), 254);
        list.ApplyDomains(srat);
        foreach (SratEntry entry in srat.Entries)
        {
            if (SratMemory.TryParse(entry.Bytes, srat.Revision, out SratMemory range))
                Assert.True(range.Range.Start.Value + range.Range.Length >= range.Range.Start.Value);
        }
    }

    /// <summary>Whole machines: pointers, searches and tables damaged where they lie.</summary>
    [Fact]
    public void WholeMachines() => Fuzz.Run("whole machine", 4, random =>
    {
        CapturedMachine machine = Pick(s_machines, random);
        List<(byte[] Bytes, byte[] Before, int At)> undo = [];
        Damage(machine, undo, random);
        try
        {
            FaultLog faults = default;
            SparseMemory.View memory = machine.Image.Memory;
            bool hasMp = MpConfiguration.TryFind(memory, new byte[MpDefaultTable.SizeBytesMax], ref faults, out MpConfiguration mp);
            AcpiTables.TryLoad(memory, new PhysAddr(random.Next(2) == 0 ? 0 : machine.Rsdp), ref faults, out AcpiTables tables);
            ProcessorList list = default;
            var options = new DiscoveryOptions { BootProcessor = new ApicId(0), ApicIdMax = 254 };
            ProcessorDiscovery.Run(memory, in tables, mp, hasMp, in options, ref list, ref faults);
            AssertSane(in list);
            AssertSane(in faults);
            InterruptWiring wiring = default;
            if (hasMp)
                InterruptWiring.Read(mp, new ApicId((uint)random.Next(4)), default, out wiring, ref faults);
            AssertSane(in wiring);
            AcpiTimers timers = AcpiTimers.Read(memory, in tables, ref faults);
            Assert.True(!timers.HasHpet || !timers.Hpet.Address.IsNull);
            Assert.True(timers.HasFadt || !timers.PmTimer.IsPresent);
            if (hasMp)
                _ = mp.OemRange.Length + mp.TableRange.Length + mp.PointerRange.Length;
        }
        finally
        {
            foreach ((byte[] bytes, byte[] before, int at) in Enumerable.Reverse(undo))
                before.CopyTo(bytes, at);
        }
    });

    private static void Damage(CapturedMachine machine, List<(byte[] Bytes, byte[] Before, int At)> undo, Random random)
    {
        (byte[] Bytes, int At, int Length)[] targets =
        [
            (machine.Image.Low, 0x400, 0x20),
            (machine.Image.Low, (int)Math.Min(machine.MpPointer, SparseMemory.LowLength - 16), 16),
            (machine.Image.Low, (int)Math.Min(machine.MpTable, SparseMemory.LowLength - 600), 600),
            (machine.Image.Low, (int)Math.Min(machine.Rsdp, SparseMemory.LowLength - 36), 36),
            .. machine.Image.Pieces.Select(piece => (piece.Bytes, 0, piece.Bytes.Length)),
        ];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            (byte[] bytes, int at, int length) = Pick(targets, random);
            undo.Add((bytes, bytes[at..(at + length)], at));
            Fuzz.MutateInPlace(bytes.AsSpan(at, length), random);
            RepairPointers(bytes, at, length, random);
        }
    }

    private static void RepairPointers(byte[] bytes, int at, int length, Random random)
    {
        if (random.Next(2) == 0)
            return;

        Span<byte> part = bytes.AsSpan(at, length);
        int checksumAt = part.StartsWith("_MP_"u8) ? 10 : part.StartsWith("RSD PTR "u8) ? 8 : length >= 36 ? 9 : -1;
        int covered = checksumAt == 10 ? 16 : checksumAt == 8 ? 20 : length;
        if (checksumAt < 0 || part.StartsWith("PCMP"u8))
            return;

        part[checksumAt] = 0;
        part[checksumAt] = (byte)-part[..covered].ToArray().Sum(value => value);
    }

    [Fact]
    public void Pvh()
    {
        byte[] sound =
        [
            .. Tables.Bytes(PvhStartInfo.Magic, 1, 0, 2), .. Tables.Bytes64(0x6100, 0x6200, 0xF5B60, 0x6300), .. Tables.Bytes(3, 0),
        ];
        SparseMemory image = new();
        image.Put(0x6100, Tables.Bytes64(0x0780_0000, 12345, 0x6280, 0, 0x1000, 6, 0, 0));
        image.Put(0x6200, "console=ttyS0 quiet\0"u8);
        image.Put(0x6300, Tables.Bytes64(0, 0x9FC00, 1, 0x9FC00, 0x400, 2, 0x100000, 0x7F00000, 1));
        byte[] rest = image.Low[0x6100..0x6400];
        Fuzz.Run("PVH start info", 1, random =>
        {
            byte[] bytes = sound[..];
            Fuzz.MutateInPlace(bytes, random);
            bytes.CopyTo(image.Low, 0x6000);
            rest.CopyTo(image.Low, 0x6100);
            Fuzz.MutateInPlace(image.Low.AsSpan(0x6100, 0x300), random);
            FaultLog faults = default;
            if (!PvhStartInfo.TryRead(image.Memory, new PhysAddr(0x6000), out PvhStartInfo info, out _))
                return;

            MemoryMap map = default;
            info.TryReadMemoryMap(image.Memory, ref faults, ref map);
            info.TryReadCommandLine(image.Memory, ref faults, out ReadOnlySpan<byte> line);
            Assert.True(line.Length <= PvhStartInfo.CommandLineLengthMax);
            for (uint i = 0; i < Math.Min(info.ModuleCount, 10); i++)
                info.TryReadModule(image.Memory, i, ref faults, out _);
            ulong end = 0;
            foreach (MemoryMapEntry region in map.Regions)
            {
                Assert.True(region.Start.Value >= end && region.End.Value > region.Start.Value && region.End.Value <= MemoryMap.AddressEnd);
                end = region.End.Value;
            }

            AssertSane(in faults);
        });
    }

    [Fact]
    public void Multiboot2()
    {
        byte[][] sounds = [Multiboot2Tests.Sample(), Multiboot2Tests.UefiSample()];
        SparseMemory image = new();
        Fuzz.Run("multiboot2", 1, random =>
        {
            byte[] bytes = Fuzz.Mutate(sounds[random.Next(sounds.Length)], random);
            bytes.CopyTo(image.Low, SparseMemory.LowLength - bytes.Length);
            var at = new PhysAddr((ulong)(SparseMemory.LowLength - bytes.Length));
            if (!Multiboot2Info.TryRead(image.Memory, at, out Multiboot2Info info, out _))
                return;

            FaultLog faults = default;
            MemoryMap map = default;
            info.FindFaults(ref faults);
            info.TryReadMemoryMap(ref faults, ref map);
            _ = info.CommandLine.Length;
            for (int i = 0; i < 3; i++)
                info.TryGetModule(i, ref faults, out _, out _);
            Assert.InRange(info.ModuleCount, 0, bytes.Length / 8);
            _ = info.IsUefi;
            RsdpSearch.TryFind(image.Memory, info.Rsdp, ref faults, out _);
            AssertSane(in faults);
        });
    }

    [Fact]
    public void Elf()
    {
        const ulong userEnd = 0x7FFF_FFFF_F000;
        byte[] sound = ElfTests.Static_();
        Fuzz.Run("ELF", 1, random =>
        {
            byte[] bytes = sound[..(random.Next(10) == 0 ? random.Next(sound.Length) : sound.Length)];
            Fuzz.MutateInPlace(bytes.AsSpan(0, Math.Min(bytes.Length, 64 + (5 * 56))), random);
            Errno error = ElfTests.Parse(bytes, out ElfHeader header, out ElfLayout layout, out ParseFault fault);
            Assert.Equal(error != Errno.None, fault.IsFault);
            if (error != Errno.None)
                return;

            Assert.True(layout.Start < layout.End && layout.BreakAddress <= userEnd && layout.End <= userEnd);
            foreach (ElfSegment segment in new ElfSegments(bytes.AsSpan((int)header.ProgramHeaders, header.ProgramHeadersSizeBytes)))
            {
                if (segment.Type != ElfSegmentType.Load || segment.MemorySize == 0)
                    continue;
                _ = bytes.AsSpan((int)segment.Offset, (int)segment.FileSize);
                Assert.True(segment.FileSize <= segment.MemorySize && segment.Address >= layout.Start);
                Assert.True(checked(segment.Address + segment.MemorySize) <= layout.BreakAddress);
            }

            if (layout.HasInterpreter)
                _ = bytes.AsSpan((int)layout.InterpreterOffset, layout.InterpreterSize);
        });
    }

    [Fact]
    public void Cpio()
    {
        byte[][] corpus = [Archives.Cpio(CpioTests.Sample), Archives.Cpio(CpioTests.Sample, hasChecksums: true), Archives.Cpio(CpioTests.Sample[..2])];
        Fuzz.Run("cpio", 2, random =>
        {
            byte[] bytes = Fuzz.Mutate(Pick(corpus, random), random);
            List<Member> members = CpioTests.Read(bytes, out ParseFault fault, out _, out _);
            Collector collector = CpioTests.Stream(Archives.Cut(bytes, random, random.Next(1, 4000)), out ParseFault streamFault, out _);
            Assert.Equal(members, collector.Members);
            Assert.Equal(fault.IsFault, streamFault.IsFault);
        });
    }

    [Fact]
    public void GzipLikeTheBcl()
    {
        byte[][] corpus =
        [
            .. ((string[])["text", "skewed", "mixed", "far"]).SelectMany(kind =>
                Enum.GetValues<CompressionLevel>().Select(level => Deflate(GzipTests.MakeData(kind)[..6000], level))),
        ];
        Fuzz.Run("deflate", 10, random =>
        {
            byte[] bytes = Fuzz.Mutate(Pick(corpus, random), random);
            InflateStatus status = GzipTests.Decode(
                bytes, random, random.Next(2) == 0 ? 20_000 : random.Next(1, 500), GzipFormat.Raw, 32768, out byte[] data, out ParseFault fault, out int consumed);
            Assert.Equal(status == InflateStatus.Failed, fault.IsFault);
            Assert.True(consumed <= bytes.Length);
            if (status == InflateStatus.Failed)
                return; // the BCL gives out less of unsound data, and does not say where it ended

            byte[] theirs = new byte[data.Length + 1];
            using DeflateStream stream = new(new MemoryStream(bytes), CompressionMode.Decompress);
            int length = stream.ReadAtLeast(theirs, theirs.Length, throwOnEndOfStream: false);
            Assert.Equal(data, theirs[..length]);
        });
    }

    [Fact]
    public void WhatTheBclReadsWeRead()
    {
        byte[][] corpus = [.. Enum.GetValues<CompressionLevel>().Select(level => Deflate(GzipTests.MakeData("mixed")[..3000], level))];
        Fuzz.Run("deflate, the other way round", 10, random =>
        {
            byte[] bytes = Fuzz.Mutate(Pick(corpus, random), random);
            InflateStatus status = GzipTests.Decode(bytes, random, 20_000, GzipFormat.Raw, 32768, out byte[] data, out _, out _);
            if (!TryInflate(bytes, out byte[] theirs))
                Assert.NotEqual(InflateStatus.Done, status);
            else if (status == InflateStatus.Failed)
                Assert.False(TryInflate([.. bytes, .. new byte[400]], out _)); // cut off before the BCL could see it
            else
                Assert.Equal(theirs, data);
        });
    }

    [Fact]
    public void InitramfsImages()
    {
        byte[] plain = Archives.Cpio(CpioTests.Sample);
        byte[][] corpus = [plain, CpioTests.Gzip(plain), [.. Archives.Cpio(CpioTests.Sample[..2]), .. new byte[100], .. CpioTests.Gzip(plain)]];
        Initramfs unpacker = default;
        byte[] window = new byte[32768];
        Fuzz.Run("initramfs", 4, random =>
        {
            byte[] bytes = Fuzz.Mutate(Pick(corpus, random), random);
            Collector collector = new();
            bool isSound = unpacker.TryUnpack(bytes, window, ref collector, out ParseFault fault);
            Assert.Equal(isSound, !fault.IsFault);
            Assert.True(collector.Members.Count <= unpacker.MemberCount);
        });
    }

    // Data that is cut off is no error to the BCL.
    private static bool TryInflate(byte[] bytes, out byte[] data)
    {
        MemoryStream plain = new();
        try
        {
            using DeflateStream stream = new(new MemoryStream(bytes), CompressionMode.Decompress);
            stream.CopyTo(plain);
            data = plain.ToArray();
            return true;
        }
        catch (InvalidDataException)
        {
            data = [];
            return false;
        }
    }

    private static byte[] Deflate(byte[] bytes, CompressionLevel level)
    {
        MemoryStream packed = new();
        using (DeflateStream stream = new(packed, level))
            stream.Write(bytes);
        return packed.ToArray();
    }
}

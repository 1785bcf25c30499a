// Forged ACPI, installed by a firmware made for the test: it executes the loader script as SeaBIOS and OVMF do.
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Commence.Machine.Acpi;
using Xunit;

namespace Commence.ToolTests;

public sealed class AcpiForgeTests
{
    private const uint TablesAt = 0x7FE_0000;
    private const uint PointerAt = 0xF_5000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatIsForgedIsSoundUnlessAsked(bool hasXsdt)
    {
        AcpiForge pc = AcpiForge.Pc(new MadtWriter().Cpus(2).PcInterrupts().ToTable());
        Installed memory = Install(new AcpiForge { Tables = pc.Tables, HasXsdt = hasXsdt });

        Assert.Equal(0, Sum(memory.Pointer));
        Assert.Equal(0, Sum(memory.Pointer.AsSpan(0, 20)));
        byte[] list = memory.TableAt(hasXsdt ? memory.U32(memory.Pointer, 24) : memory.U32(memory.Pointer, 16));
        Assert.Equal(hasXsdt ? "XSDT" : "RSDT", Name(list));
        Assert.Equal(0, Sum(list));
        int size = hasXsdt ? 8 : 4;
        byte[][] tables = [.. Enumerable.Range(0, (list.Length - 36) / size).Select(i => memory.TableAt(memory.U32(list, 36 + (i * size))))];
        Assert.Equal(["FACP", "APIC"], tables.Select(Name));
        Assert.All(tables, table => Assert.Equal(0, Sum(table)));
        byte[] dsdt = memory.TableAt(memory.U32(tables[0], AcpiTableImage.FadtDsdtOffset));
        Assert.Equal("DSDT", Name(dsdt));
        Assert.Equal(0, Sum(dsdt));
    }

    [Fact]
    public void AWrongChecksumStays()
    {
        AcpiForge pc = AcpiForge.Pc(new MadtWriter().Cpus(1).ToTable().WithBadChecksum());
        Installed memory = Install(pc);
        byte[] list = memory.TableAt(memory.U32(memory.Pointer, 16));

        Assert.Equal(1, Sum(memory.TableAt(memory.U32(list, 40))));
    }

    [Fact]
    public void TheListHoldsWhatItIsToldTo()
    {
        AcpiForge pc = AcpiForge.Pc(new MadtWriter().Cpus(1).ToTable());
        Installed memory = Install(new AcpiForge { Tables = pc.Tables, Entries = [AcpiForge.NullEntry, 2, 2, AcpiForge.SelfEntry] });
        uint listAt = memory.U32(memory.Pointer, 16);
        byte[] list = memory.TableAt(listAt);

        Assert.Equal(0u, memory.U32(list, 36));
        Assert.Equal("APIC", Name(memory.TableAt(memory.U32(list, 40))));
        Assert.Equal(memory.U32(list, 40), memory.U32(list, 44));
        Assert.Equal(listAt, memory.U32(list, 48));
    }

    private static Installed Install(AcpiForge forge)
    {
        (byte[] pointer, byte[] tables, byte[] script) = forge.Build();
        Dictionary<string, (byte[] Bytes, uint At)> files = [];
        for (int at = 0; at < script.Length; at += 128)
        {
            ReadOnlySpan<byte> command = script.AsSpan(at, 128);
            string file = Text(command[4..60]);
            switch (command[0])
            {
                case 1:
                    bool isPointer = command[64] == 2;
                    files[file] = isPointer ? (pointer, PointerAt) : (tables, TablesAt);
                    break;
                case 2:
                    Span<byte> field = files[file].Bytes.AsSpan(BinaryPrimitives.ReadInt32LittleEndian(command[116..]), command[120]);
                    uint value = BinaryPrimitives.ReadUInt32LittleEndian(field) + files[Text(command[60..116])].At;
                    BinaryPrimitives.WriteUInt32LittleEndian(field, value);
                    break;
                default:
                    int sumAt = BinaryPrimitives.ReadInt32LittleEndian(command[60..]);
                    int start = BinaryPrimitives.ReadInt32LittleEndian(command[64..]);
                    int length = BinaryPrimitives.ReadInt32LittleEndian(command[68..]);
                    files[file].Bytes[sumAt] -= Sum(files[file].Bytes.AsSpan(start, length));
                    break;
            }
        }

        return new Installed(pointer, tables);
    }

    private static byte Sum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes)
            sum += value;
        return sum;
    }

    private static string Name(byte[] table) => Encoding.ASCII.GetString(table, 0, 4);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes[..bytes.IndexOf((byte)0)]);

    private sealed record Installed(byte[] Pointer, byte[] Tables)
    {
        internal uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

        internal byte[] TableAt(uint address)
        {
            int at = (int)(address - TablesAt);
            return Tables[at..(at + (int)U32(Tables, at + 4))];
        }
    }
}

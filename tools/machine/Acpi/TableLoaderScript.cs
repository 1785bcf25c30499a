// The script by which QEMU tells firmware how to put ACPI tables into memory: file "etc/table-loader" of fw_cfg.
//
//   each command, 128 bytes: number u32, …
//     1 allocate      file [56], alignment u32, zone u8 (1 anywhere, 2 in the BIOS's segment F)
//     2 add pointer   file to change [56], file pointed into [56], offset u32, size u8: adds the second file's address
//     3 add checksum  file [56], offset of the sum u32, first byte u32, length u32
// Source: QEMU, hw/acpi/bios-linker-loader.c, "BiosLinkerLoaderEntry".
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace Commence.Machine.Acpi;

/// <summary>Writes commands for the firmware.</summary>
public sealed class TableLoaderScript
{
    private const int CommandLength = 128;
    private const int NameLength = 56;
    private const int First = 4;
    private const int AfterName = First + NameLength;
    private const int AfterNames = AfterName + NameLength;

    private readonly List<byte> _bytes = [];

    /// <summary>The script so far.</summary>
    public byte[] Bytes => [.. _bytes];

    /// <summary>Loads a file into memory.</summary>
    /// <param name="file">Its name in fw_cfg.</param>
    /// <param name="alignment">Of its address.</param>
    /// <param name="isInBiosSegment">Where a root pointer is searched for, instead of anywhere.</param>
    public void Allocate(string file, int alignment, bool isInBiosSegment)
    {
        byte[] command = Command(1, file);
        BinaryPrimitives.WriteInt32LittleEndian(command.AsSpan(AfterName), alignment);
        command[AfterName + 4] = (byte)(isInBiosSegment ? 2 : 1);
        _bytes.AddRange(command);
    }

    /// <summary>Adds the address of <paramref name="target"/> to the field at <paramref name="offset"/> of <paramref name="file"/>.</summary>
    public void AddPointer(string file, string target, int offset, int size)
    {
        byte[] command = Command(2, file);
        Encoding.ASCII.GetBytes(target, command.AsSpan(AfterName));
        BinaryPrimitives.WriteInt32LittleEndian(command.AsSpan(AfterNames), offset);
        command[AfterNames + 4] = (byte)size;
        _bytes.AddRange(command);
    }

    /// <summary>Makes the bytes of a range sum to zero.</summary>
    public void AddChecksum(string file, int offset, int start, int length)
    {
        byte[] command = Command(3, file);
        BinaryPrimitives.WriteInt32LittleEndian(command.AsSpan(AfterName), offset);
        BinaryPrimitives.WriteInt32LittleEndian(command.AsSpan(AfterName + 4), start);
        BinaryPrimitives.WriteInt32LittleEndian(command.AsSpan(AfterName + 8), length);
        _bytes.AddRange(command);
    }

    private static byte[] Command(uint number, string file)
    {
        byte[] command = new byte[CommandLength];
        BinaryPrimitives.WriteUInt32LittleEndian(command, number);
        Encoding.ASCII.GetBytes(file, command.AsSpan(First));
        return command;
    }
}

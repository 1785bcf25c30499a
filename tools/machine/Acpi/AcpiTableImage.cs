// ACPI tables as bytes, made from nothing: what a test wants to see in a machine's firmware, sound or not.
//
// The header is right unless somebody changes it afterwards; the checksum is the firmware's to compute, since it also puts the
// addresses in (TableLoaderScript), unless the image says that it is to stay as it is.
// Sources: ACPI 6.5 §5.2.6 "System Description Table Header", §5.2.9 "Fixed ACPI Description Table (FADT)"; QEMU, hw/i386: the
// ports of the chip set's power management.
using System;
using System.Buffers.Binary;
using System.Text;

namespace Commence.Machine.Acpi;

/// <summary>One table.</summary>
/// <param name="Bytes">The table with its header.</param>
public sealed record AcpiTableImage(byte[] Bytes)
{
    /// <summary>Where every table's entries begin.</summary>
    public const int HeaderLength = 36;

    /// <summary>The checksum's place.</summary>
    public const int ChecksumOffset = 9;

    /// <summary>Where a FADT names the DSDT.</summary>
    public const int FadtDsdtOffset = 40;

    private const int LengthOffset = 4;
    private const int FadtLength = 116; // revision 1
    private const ushort PowerManagementPort = 0x600; // q35, as SeaBIOS sets it up

    /// <summary>The firmware leaves the checksum byte alone.</summary>
    public bool KeepsChecksum { get; init; }

    /// <summary>The four letters that name it.</summary>
    public string Signature => Encoding.ASCII.GetString(Bytes, 0, 4);

    /// <summary>Makes a table of <paramref name="body"/>.</summary>
    public static AcpiTableImage Make(string signature, byte revision, ReadOnlySpan<byte> body)
    {
        byte[] bytes = new byte[HeaderLength + body.Length];
        Encoding.ASCII.GetBytes(signature, 0, 4, bytes, 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(LengthOffset), bytes.Length);
        bytes[8] = revision;
        "FORGED"u8.CopyTo(bytes.AsSpan(10));
        "FORGED  "u8.CopyTo(bytes.AsSpan(16));
        "FRGE"u8.CopyTo(bytes.AsSpan(28));
        body.CopyTo(bytes.AsSpan(HeaderLength));
        return new AcpiTableImage(bytes);
    }

    /// <summary>A FADT by which a q35 machine can be powered off, together with <see cref="SoftOffDsdt"/>.</summary>
    public static AcpiTableImage Fadt()
    {
        AcpiTableImage fadt = Make("FACP", 1, new byte[FadtLength - HeaderLength]);
        Span<byte> bytes = fadt.Bytes;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[46..], 9); // SCI
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[56..], PowerManagementPort);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[64..], PowerManagementPort + 4u);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[76..], PowerManagementPort + 8u);
        bytes[88] = 4; // lengths of the event, control and timer blocks
        bytes[89] = 2;
        bytes[91] = 4;
        return fadt;
    }

    /// <summary>A DSDT that says no more than how to switch the machine off: <c>Name (_S5, Package () { 0, 0, 0, 0 })</c>.</summary>
    public static AcpiTableImage SoftOffDsdt() =>
        Make("DSDT", 1, [0x08, (byte)'_', (byte)'S', (byte)'5', (byte)'_', 0x12, 0x06, 0x04, 0, 0, 0, 0]);

    /// <summary>A copy whose header states another length; its checksum stays 0.</summary>
    public AcpiTableImage WithStatedLength(uint length)
    {
        byte[] bytes = [.. Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(LengthOffset), length);
        return new AcpiTableImage(bytes) { KeepsChecksum = true };
    }

    /// <summary>A copy whose checksum is wrong.</summary>
    public AcpiTableImage WithBadChecksum()
    {
        byte[] bytes = [.. Bytes];
        bytes[ChecksumOffset] = 0;
        int sum = 0;
        foreach (byte value in bytes)
            sum += value;
        bytes[ChecksumOffset] = (byte)(1 - sum);
        return new AcpiTableImage(bytes) { KeepsChecksum = true };
    }
}

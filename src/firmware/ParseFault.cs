// What is wrong with something that firmware, a boot loader or a user handed in, and where.
//
// A parser never gives up silently: it names the structure, the kind of fault, the offset in the structure and the
// offending value. The caller prints it ("firmware bug: MADT: entry of length zero at 0x3c") and goes on with what is sound.
using System;
using Commence.Lib;

namespace Commence.Firmware;

/// <summary>The structure in which a fault lies; <see cref="ParseFault.Offset"/> counts from its first byte.</summary>
public enum FirmwarePart : byte
{
    None,
    PvhStartInfo,
    PvhModules,
    PvhMemoryMap,
    MemoryMap,
    CommandLine,
    MultibootInfo,
    MpPointer,
    MpTable,
    MpExtension,
    Rsdp,
    Rsdt,
    Xsdt,
    AcpiTable,
    Madt,
    Fadt,
    Hpet,
    Dsdt,
    Srat,
    Slit,
    Elf,
    Cpio,
    Gzip,
    Initramfs,
}

/// <summary>What a parser found wrong.</summary>
public enum FaultKind : byte
{
    None,

    /// <summary>The memory cannot be read; the value is its physical address.</summary>
    Unreadable,

    /// <summary>The structure ends before a field or an entry that it promises.</summary>
    Truncated,
    BadSignature,

    /// <summary>The bytes do not sum to what they should; the value is the sum found.</summary>
    BadChecksum,

    /// <summary>A length field cannot be true; the value is the length.</summary>
    BadLength,

    /// <summary>An entry of length zero, behind which nothing can be found with certainty.</summary>
    ZeroLength,
    BadRevision,

    /// <summary>A count field disagrees with what is there; the value is the field.</summary>
    BadCount,

    /// <summary>A field holds a value that it may not hold.</summary>
    BadValue,

    /// <summary>An entry type that the specification does not know, and whose length is therefore unknown.</summary>
    UnknownType,
    NullPointer,

    /// <summary>The same thing is listed twice; the value is its id or address.</summary>
    Duplicate,

    /// <summary>More entries than the kernel keeps.</summary>
    TooMany,

    /// <summary>Something that must be there is not.</summary>
    Missing,

    /// <summary>Sound, but of a kind that the kernel does not handle.</summary>
    Unsupported,

    /// <summary>Numbers whose sum does not fit their width.</summary>
    Overflow,

    /// <summary>The receiver of the data had no room or refused it.</summary>
    Refused,

    /// <summary>A range that is not, as a whole, free memory of this machine; the value is its address.</summary>
    NotFreeMemory,

    /// <summary>The table names no processor that could run.</summary>
    NoProcessor,

    /// <summary>The table does not name the processor that reads it; the value is its APIC id.</summary>
    BootProcessorMissing,

    /// <summary>The table says that the processor that reads it is not there to be used; the value is its APIC id.</summary>
    BootProcessorDisabled,

    /// <summary>An enabled processor whose id is the broadcast address; the value is that address.</summary>
    BroadcastId,
}

/// <summary>One fault: in which structure, of which kind, where, and the value found there.</summary>
public readonly struct ParseFault : ITextFormattable
{
    public ParseFault(FirmwarePart part, FaultKind kind, ulong offset, ulong value = 0)
    {
        Part = part;
        Kind = kind;
        Offset = offset;
        Value = value;
    }

    public FirmwarePart Part { get; }

    public FaultKind Kind { get; }

    /// <summary>Bytes from the start of <see cref="Part"/> to what is wrong.</summary>
    public ulong Offset { get; }

    /// <summary>The value that is wrong, as <see cref="FaultKind"/> explains it; else 0.</summary>
    public ulong Value { get; }

    public bool IsFault => Kind != FaultKind.None;

    // What is not there is nowhere.
    private bool IsOfWhole => Kind is FaultKind.NoProcessor or FaultKind.BootProcessorMissing;

    /// <summary>The structure's usual name.</summary>
    public ReadOnlySpan<byte> PartName => Part switch
    {
        FirmwarePart.PvhStartInfo => "PVH start info"u8,
        FirmwarePart.PvhModules => "PVH module list"u8,
        FirmwarePart.PvhMemoryMap => "PVH memory map"u8,
        FirmwarePart.MemoryMap => "memory map"u8,
        FirmwarePart.CommandLine => "command line"u8,
        FirmwarePart.MultibootInfo => "multiboot2 information"u8,
        FirmwarePart.MpPointer => "MP floating pointer"u8,
        FirmwarePart.MpTable => "MP configuration table"u8,
        FirmwarePart.MpExtension => "MP extended table"u8,
        FirmwarePart.Rsdp => "ACPI RSDP"u8,
        FirmwarePart.Rsdt => "ACPI RSDT"u8,
        FirmwarePart.Xsdt => "ACPI XSDT"u8,
        FirmwarePart.AcpiTable => "ACPI table"u8,
        FirmwarePart.Madt => "ACPI MADT"u8,
        FirmwarePart.Fadt => "ACPI FADT"u8,
        FirmwarePart.Hpet => "ACPI HPET"u8,
        FirmwarePart.Dsdt => "ACPI DSDT"u8,
        FirmwarePart.Srat => "ACPI SRAT"u8,
        FirmwarePart.Slit => "ACPI SLIT"u8,
        FirmwarePart.Elf => "ELF file"u8,
        FirmwarePart.Cpio => "cpio archive"u8,
        FirmwarePart.Gzip => "gzip stream"u8,
        FirmwarePart.Initramfs => "initramfs"u8,
        _ => "unknown structure"u8,
    };

    /// <summary>What is wrong, in words.</summary>
    public ReadOnlySpan<byte> Message => Kind switch
    {
        FaultKind.None => "nothing is wrong"u8,
        FaultKind.Unreadable => "memory cannot be read"u8,
        FaultKind.Truncated => "ends too early"u8,
        FaultKind.BadSignature => "wrong signature"u8,
        FaultKind.BadChecksum => "wrong checksum"u8,
        FaultKind.BadLength => "impossible length"u8,
        FaultKind.ZeroLength => "entry of length zero"u8,
        FaultKind.BadRevision => "unknown revision"u8,
        FaultKind.BadCount => "wrong count"u8,
        FaultKind.BadValue => "impossible value"u8,
        FaultKind.UnknownType => "unknown entry type"u8,
        FaultKind.NullPointer => "null pointer"u8,
        FaultKind.Duplicate => "listed twice"u8,
        FaultKind.TooMany => "more than the kernel keeps"u8,
        FaultKind.Missing => "missing"u8,
        FaultKind.Unsupported => "not supported"u8,
        FaultKind.Overflow => "numbers overflow"u8,
        FaultKind.Refused => "receiver refused the data"u8,
        FaultKind.NotFreeMemory => "does not lie in free memory"u8,
        FaultKind.NoProcessor => "no processor that could run"u8,
        FaultKind.BootProcessorMissing => "the boot processor is not listed"u8,
        FaultKind.BootProcessorDisabled => "the boot processor is marked disabled"u8,
        FaultKind.BroadcastId => "a processor with the broadcast address as its id"u8,
        _ => "unknown fault"u8,
    };

    /// <summary>Writes the fault as a sentence without its full stop: <c>ACPI MADT: impossible length at offset 0x3c (0x1)</c>.</summary>
    public void Format(ref TextWriter text)
    {
        text.Append(PartName);
        text.Append(": "u8);
        text.Append(Message);
        if (!IsOfWhole)
        {
            text.Append(" at offset 0x"u8);
            text.AppendHex(Offset);
        }

        if (Value == 0)
            return;

        text.Append(" (0x"u8);
        text.AppendHex(Value);
        text.Append((byte)')');
    }
}

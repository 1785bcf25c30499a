// One processor as firmware describes it, before anybody has tried to start it.
using System;
using Commence.Firmware.Acpi;

namespace Commence.Firmware.Cpus;

/// <summary>Where a processor list comes from.</summary>
public enum ProcessorSource : byte
{
    /// <summary>Neither table names a processor: the boot processor is all there is.</summary>
    None,
    Madt,
    MpTable,
    MpDefault,
}

/// <summary>One processor.</summary>
public readonly struct ProcessorEntry
{
    public ApicId ApicId { get; init; }

    /// <summary>Its number in ACPI's namespace; 0 from MP tables.</summary>
    public uint Uid { get; init; }

    public ProcessorAvailability Availability { get; init; }

    /// <summary>A SRAT names its proximity domain.</summary>
    public bool HasDomain { get; init; }

    public uint Domain { get; init; }

    public ReadOnlySpan<byte> AvailabilityName => Availability switch
    {
        ProcessorAvailability.Enabled => "enabled"u8,
        ProcessorAvailability.OnlineCapable => "online capable"u8,
        ProcessorAvailability.Disabled => "disabled"u8,
        _ => "out of the APIC's range"u8,
    };
}

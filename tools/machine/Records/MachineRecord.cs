// What the kernel says over its second serial line, one JSON object per line: docs/record-line.md.
using System.Collections.Generic;

namespace Commence.Machine.Records;

/// <summary>One record.</summary>
public abstract record MachineRecord;

/// <summary>The kernel has started.</summary>
public sealed record HelloRecord(string Version, string Arch) : MachineRecord;

/// <summary>A step of the boot is done.</summary>
public sealed record StepRecord(string Name, int Cpu, long Ns) : MachineRecord;

/// <summary>An initcall has run.</summary>
/// <param name="Name">Type and method.</param>
/// <param name="Level">Its level: "fs", "core_sync" …</param>
/// <param name="Cpu">The processor on which it ended.</param>
/// <param name="Start">When it began, in nanoseconds, on the clock of steps.</param>
/// <param name="End">When it ended.</param>
/// <param name="Result">0, or a negative error number.</param>
public sealed record InitcallRecord(string Name, string Level, int Cpu, long Start, long End, int Result) : MachineRecord;

/// <summary>What became of a processor.</summary>
/// <param name="Cpu">The kernel's number for it.</param>
/// <param name="Apic">Its local APIC's id.</param>
/// <param name="State"><c>online</c>, or how far it came.</param>
/// <param name="Reason">Why it is not online; empty if it is.</param>
public sealed record CpuRecord(int Cpu, long Apic, string State, string Reason) : MachineRecord;

/// <summary>Processors with consecutive numbers and consecutive ids, of which the same is to be said: a <see cref="CpuRecord"/> each.</summary>
/// <param name="First">What is said of the first.</param>
/// <param name="Count">How many they are.</param>
public sealed record CpuRunRecord(CpuRecord First, int Count) : MachineRecord
{
    /// <summary>The record of each.</summary>
    public IEnumerable<CpuRecord> Each()
    {
        for (int i = 0; i < Count; i++)
            yield return First with { Cpu = First.Cpu + i, Apic = First.Apic + i };
    }
}

/// <summary>When bring-up passed its marks, in nanoseconds after the clock began.</summary>
/// <param name="Cpus">How many processors are online now.</param>
/// <param name="PrepareNs">Memory for the other processors began to be prepared.</param>
/// <param name="FirstInitNs">The first INIT was about to be sent.</param>
/// <param name="LastOnlineNs">The last processor was online, or had its verdict.</param>
public sealed record BringUpRecord(int Cpus, long PrepareNs, long FirstInitNs, long LastOnlineNs) : MachineRecord;

/// <summary>How long the floor of bring-up took: an INIT and a SIPI to everybody, and a count of those that came.</summary>
/// <param name="Cpus">How many processors the machine has.</param>
/// <param name="Arrived">How many came, the boot processor not counted.</param>
/// <param name="Cycles">Cycles of the time-stamp counter from the first INIT to the last arrival.</param>
/// <param name="RateCycles">Cycles of the time-stamp counter in <paramref name="RateTicks"/>.</param>
/// <param name="RateTicks">Ticks of the ACPI timer, which runs at 3.579545 MHz.</param>
public sealed record FloorRecord(int Cpus, int Arrived, long Cycles, long RateCycles, long RateTicks) : MachineRecord;

/// <summary>The first program has ended.</summary>
/// <param name="Status">0 to 255; 128 + n if signal n killed it.</param>
public sealed record ExitRecord(int Status) : MachineRecord;

/// <summary>The kernel has stopped itself.</summary>
public sealed record PanicRecord(int Cpu, string Message) : MachineRecord;

/// <summary>A test inside the machine begins.</summary>
public sealed record TestStartRecord(string Name) : MachineRecord;

/// <summary>A test inside the machine has ended.</summary>
/// <param name="Name">Class and method.</param>
/// <param name="Result"><c>passed</c>, <c>failed</c> or <c>skipped</c>.</param>
/// <param name="Detail">Why, if it did not pass.</param>
public sealed record TestRecord(string Name, string Result, string Detail) : MachineRecord;

/// <summary>All tests inside the machine have ended.</summary>
public sealed record TestsDoneRecord(int Passed, int Failed, int Skipped) : MachineRecord;

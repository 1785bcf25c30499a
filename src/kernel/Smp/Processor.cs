// One processor, as the kernel knows it: its numbers, its state on the way from "listed by firmware" to "online", and what
// belongs to it alone.
using System;
using System.Threading;
using Commence.Arch;

namespace Commence.Smp;

/// <summary>A processor (what Linux keeps in per-CPU variables).</summary>
/// <remarks>Made once per possible processor and never freed.</remarks>
public sealed partial class Processor
{
    private CpuId _id;
    private ApicId _hardwareId;
    private uint _state = (uint)ProcessorState.Absent;
    private bool _hasJoined; // written once by the processor itself

    /// <summary>A processor that firmware lists.</summary>
    public Processor(CpuId id, ApicId hardwareId)
    {
        _id = id;
        _hardwareId = hardwareId;
    }

    /// <summary>The kernel's number.</summary>
    public CpuId Id => _id;

    /// <summary>The interrupt controller's number.</summary>
    public ApicId HardwareId => _hardwareId;

    /// <summary>The call that it waits for, while it waits. Written by itself; read by targets whose request bit it set before.</summary>
    internal CrossCall? OutgoingCall { get; set; }

    /// <summary>Its own request to forget translations.</summary>
    internal TlbCall TlbCall { get; } = new();

    /// <summary>Processors whose calls it has to run.</summary>
    internal CallRequests Requests;

    /// <summary>The page on which it starts. Valid from Prepared on, until it is online.</summary>
    internal Pfn BootPage { get; set; }

    /// <summary>Its memory has been made: it can be started, for the first time or again.</summary>
    internal bool HasMemory { get; set; }

    /// <summary>What belongs to it alone, once <see cref="HasMemory"/>.</summary>
    internal ProcessorMemory Memory { get; set; }

    /// <summary>It is in all sets of processors: the last thing that it says of itself before it idles.</summary>
    internal bool HasJoined => Volatile.Read(ref _hasJoined);

    /// <summary>How its counter agrees with the boot processor's.</summary>
    internal TscSlot Tsc;

    /// <summary>The processor that runs the caller. Stable only while preemption is off.</summary>
    public static Processor Current => (Processor)PerCpuArea.Processor!;

    /// <summary>How far it is. Acquire: what it did before it announced the state is visible.</summary>
    public ProcessorState State => (ProcessorState)Volatile.Read(ref _state);

    /// <summary>Says that it is in all sets (release).</summary>
    /// <remarks>Context: the processor itself.</remarks>
    internal void Join() => Volatile.Write(ref _hasJoined, true);

    /// <summary>Goes from one state to the next, if it still is in the first.</summary>
    /// <returns>False if another transition came first.</returns>
    /// <remarks>`lock cmpxchg`: a full barrier, so that all that was done before is visible to whoever reads the new state.</remarks>
    public bool TryAdvance(ProcessorState from, ProcessorState to) =>
        Interlocked.CompareExchange(ref _state, (uint)to, (uint)from) == (uint)from;
}

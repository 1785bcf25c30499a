// How an APIC id is put together: which of its bits number the thread, the core, the die and the package.
//
//   31        package shift       die shift       core shift       0
//   ┌──────────────┬───────────────────┬───────────────┬───────────┐
//   │   package    │  die, if several  │     core      │  thread   │
//   └──────────────┴───────────────────┴───────────────┴───────────┘
//
// Asked in this order; the first that answers is believed: 0x80000026, 0x1F, 0xB; then what the maker had before: Intel leaves 1
// and 4, AMD leaves 0x80000008 and 0x8000001E. Each level of the first three says how far the id is shifted to number what
// lies above it. Linux asks AMD processors without TOPOEXT for 0x80000008 even where they have leaf 0xB, which loses the
// threads that virtual machines have; this decoder does not.
//
// Invariant: core shift <= die shift <= package shift <= 31, whatever the leaves say.
//
// Source: SDM Vol 2A, CPUID, leaves 1, 4, 0BH, 1FH; SDM Vol 3A §9.9 "Hierarchical Mapping of Shared Resources"; AMD APM Vol 3
// appendix E.4.7 (Fn8000_0008_ECX), E.4.16 (Fn8000_001E), E.4.24 (Fn8000_0026).
using System;
using System.Numerics;
using Commence.Firmware.Cpus;

namespace Commence.Firmware.X86;

/// <summary>Which leaves said how ids are put together.</summary>
public enum TopologySource : byte
{
    /// <summary>None: each id is a package of one core.</summary>
    None,
    Leaf80000026,
    Leaf1F,
    LeafB,
    Leaf4,
    Leaf80000008,
    Leaf1,
}

/// <summary>The layout of APIC ids on one processor.</summary>
public readonly struct TopologyShifts
{
    private const int ShiftMax = 31;
    private const uint SublevelsMax = 8; // leaf 1FH defines six kinds of level

    // Kinds of level. Leaves 0BH and 1FH; cores (2), modules (3), tiles (4) and kinds made later only raise what lies above:
    private const uint KindThread = 1;
    private const uint KindDie = 5;
    private const uint KindDieGroup = 6;

    // Leaf 0x80000026; complexes (2) and sockets (4) need no name:
    private const uint AmdCore = 1;
    private const uint AmdDie = 3;

    private TopologyShifts(TopologySource source, int core, int die, int package, uint id)
    {
        Source = source;
        CoreShift = Math.Min(core, ShiftMax);
        DieShift = Math.Min(Math.Max(die, CoreShift), ShiftMax);
        PackageShift = Math.Min(Math.Max(package, DieShift), ShiftMax);
        ApicId = new ApicId(id);
    }

    public TopologySource Source { get; }

    /// <summary>An id shifted by this numbers its core.</summary>
    public int CoreShift { get; }

    /// <summary>An id shifted by this numbers its die.</summary>
    public int DieShift { get; }

    /// <summary>An id shifted by this numbers its package.</summary>
    public int PackageShift { get; }

    /// <summary>The id of the processor whose leaves were read, by its leaves: 32 bits where a leaf gives them.</summary>
    public ApicId ApicId { get; }

    /// <summary>Numbers the parts of the machine as Linux does: packages and dies in the machine, cores in their package.</summary>
    public CpuPlace PlaceOf(ApicId id)
    {
        uint inPackage = id.Value & ((1u << PackageShift) - 1);
        uint thread = id.Value & ((1u << CoreShift) - 1);
        return new CpuPlace(id.Value >> PackageShift, id.Value >> DieShift, inPackage >> CoreShift, thread);
    }

    /// <summary>Reads the layout from a processor's leaves.</summary>
    /// <remarks>Context: any. Trusts nothing; at most 8 sublevels of a leaf are read.</remarks>
    public static TopologyShifts Decode<TSource>(in TSource cpu)
        where TSource : struct, ICpuIdSource
    {
        if (TryReadAmdLevels(in cpu, out TopologyShifts shifts)
            || TryReadLevels(in cpu, 0x1F, TopologySource.Leaf1F, out shifts)
            || TryReadLevels(in cpu, 0xB, TopologySource.LeafB, out shifts))
            return shifts;
        return ReadLegacy(in cpu);
    }

    private static bool TryReadLevels<TSource>(in TSource cpu, uint leaf, TopologySource source, out TopologyShifts shifts)
        where TSource : struct, ICpuIdSource
    {
        shifts = default;
        int core = 0;
        int die = -1;    // below the level of dies
        int package = 0; // the highest level of all
        uint id = 0;
        bool isAny = false;
        for (uint i = 0; i < SublevelsMax; i++)
        {
            CpuIdLeaf level = cpu.Read(leaf, i);
            uint kind = level.Ecx >> 8 & 0xFF;
            if (kind == 0 || (level.Ebx & 0xFFFF) == 0)
                break; // no such level; a level without processors is none either

            int shift = (int)(level.Eax & 0x1F);
            isAny = true;
            id = level.Edx;
            if (kind == KindThread)
                core = shift;
            else if (kind is KindDie or KindDieGroup && die < 0)
                die = package;
            package = Math.Max(package, shift);
        }

        if (isAny)
            shifts = new TopologyShifts(source, core, die < 0 ? package : die, package, id);
        return isAny;
    }

    // Here a level's shift numbers what the level itself is.
    private static bool TryReadAmdLevels<TSource>(in TSource cpu, out TopologyShifts shifts)
        where TSource : struct, ICpuIdSource
    {
        shifts = default;
        int core = 0;
        int die = -1;
        int package = 0;
        uint id = 0;
        bool isAny = false;
        for (uint i = 0; i < SublevelsMax; i++)
        {
            CpuIdLeaf level = cpu.Read(0x8000_0026, i);
            uint kind = level.Ecx >> 8 & 0xFF;
            if (kind == 0 || (level.Ebx & 0xFFFF) == 0)
                break;

            int shift = (int)(level.Eax & 0x1F);
            isAny = true;
            id = level.Edx;
            package = Math.Max(package, shift);
            if (kind == AmdCore)
                core = shift;
            else if (kind == AmdDie)
                die = shift;
        }

        if (isAny)
            shifts = new TopologyShifts(TopologySource.Leaf80000026, core, die < 0 ? package : die, package, id);
        return isAny;
    }

    private static TopologyShifts ReadLegacy<TSource>(in TSource cpu)
        where TSource : struct, ICpuIdSource
    {
        const uint SeveralIds = 1 << 28; // EDX of leaf 1: EBX 23:16 is valid
        CpuIdLeaf version = cpu.Read(1, 0);
        uint id = version.Ebx >> 24;
        CpuSignature signature = new(cpu.Read(0, 0).Ebx, version.Eax);
        if (signature.IsAmdLike && TryReadAmdLegacy(in cpu, id, out TopologyShifts shifts))
            return shifts;

        uint ids = version.Ebx >> 16 & 0xFF;
        if ((version.Edx & SeveralIds) == 0 || ids <= 1)
            return new TopologyShifts(TopologySource.None, 0, 0, 0, id);

        int package = BitsFor(ids);
        CpuIdLeaf cache = cpu.Read(4, 0);
        if ((cache.Eax & 0x1F) == 0)
            return new TopologyShifts(TopologySource.Leaf1, 0, package, package, id);

        int cores = BitsFor((cache.Eax >> 26) + 1);
        return new TopologyShifts(TopologySource.Leaf4, package - Math.Min(cores, package), package, package, id);
    }

    private static bool TryReadAmdLegacy<TSource>(in TSource cpu, uint id, out TopologyShifts shifts)
        where TSource : struct, ICpuIdSource
    {
        const uint TopologyExtensions = 1 << 22; // ECX of 0x80000001: leaf 0x8000001E is there
        shifts = default;
        uint sizes = cpu.Read(0x8000_0008, 0).Ecx;
        uint threads = (sizes & 0xFF) + 1;
        int package = (int)(sizes >> 12 & 0xF);
        if (package == 0)
            package = BitsFor(threads);
        if (sizes == 0)
            return false;

        uint perCore = (cpu.Read(0x8000_0001, 0).Ecx & TopologyExtensions) != 0
            ? (cpu.Read(0x8000_001E, 0).Ebx >> 8 & 0xFF) + 1 : 1;
        int core = Math.Min(BitsFor(perCore), package);
        shifts = new TopologyShifts(TopologySource.Leaf80000008, core, package, package, id);
        return true;
    }

    /// <summary>Bits that number <paramref name="count"/> things; 0 for one or none.</summary>
    internal static int BitsFor(uint count) => count <= 1 ? 0 : BitOperations.Log2(count - 1) + 1;
}

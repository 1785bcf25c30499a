// The caches of a processor, from leaf 4, or from its twin of the same layout on AMD, 0x8000001D.
//
//   EAX  4:0 kind  7:5 level  25:14 ids that share it, less 1       ECX  sets less 1
//   EBX 11:0 line bytes less 1  21:12 lines per tag less 1  31:22 ways less 1
//
// Source: SDM Vol 2A, CPUID, leaf 4 "Deterministic Cache Parameters"; AMD APM Vol 3 appendix E.4.15 (Fn8000_001D).
using Commence.Firmware.Cpus;

namespace Commence.Firmware.X86;

/// <summary>Reads caches.</summary>
public static class CacheLeaves
{
    private const uint IntelLeaf = 4;
    private const uint AmdLeaf = 0x8000_001D;
    private const int ShiftMax = 31;

    /// <summary>Reads the list.</summary>
    /// <param name="cpu">The processor's leaves.</param>
    /// <param name="id">Its APIC id, of which the caches' numbers are made.</param>
    /// <param name="caches">Empty if the processor tells of none.</param>
    /// <remarks>Context: any. Trusts nothing; reads no more sublevels than the list holds.</remarks>
    public static void Decode<TSource>(in TSource cpu, ApicId id, out CpuCacheList caches)
        where TSource : struct, ICpuIdSource
    {
        caches = default;
        ReadList(in cpu, IntelLeaf, id, ref caches);
        if (caches.Count == 0)
            ReadList(in cpu, AmdLeaf, id, ref caches);
    }

    private static void ReadList<TSource>(in TSource cpu, uint leaf, ApicId id, ref CpuCacheList caches)
        where TSource : struct, ICpuIdSource
    {
        for (uint i = 0; i < CpuCacheList.Capacity; i++)
        {
            CpuIdLeaf registers = cpu.Read(leaf, i);
            uint kind = registers.Eax & 0x1F;
            if (kind == 0)
                return;

            CpuCache cache = ToCache(in registers, id);
            if (kind <= (uint)CpuCacheKind.Unified && cache.Level != 0)
                _ = caches.TryAdd(in cache); // no more sublevels are read than there are places
        }
    }

    private static CpuCache ToCache(in CpuIdLeaf registers, ApicId id)
    {
        int shift = TopologyShifts.BitsFor((registers.Eax >> 14 & 0xFFF) + 1);
        return new CpuCache
        {
            Level = (byte)(registers.Eax >> 5 & 7),
            Kind = (CpuCacheKind)(registers.Eax & 0x1F),
            LineBytes = (ushort)((registers.Ebx & 0xFFF) + 1),
            LinesPerTag = (ushort)((registers.Ebx >> 12 & 0x3FF) + 1),
            Ways = (ushort)((registers.Ebx >> 22) + 1),
            Sets = registers.Ecx == uint.MaxValue ? uint.MaxValue : registers.Ecx + 1,
            Id = id.Value >> (shift < ShiftMax ? shift : ShiftMax),
        };
    }
}

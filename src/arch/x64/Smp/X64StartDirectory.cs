// Which boot page belongs to which processor: a hash table by APIC id that 32-bit code searches (Trampoline.S).
//
//   slot = { APIC id u32, page's physical address u32 }; an address of 0 is a free slot and ends a search
//
// Filled by the boot processor before the start messages, and only read while processors start.
using System.Runtime.CompilerServices;

namespace Commence.Arch.X64;

/// <summary>The directory of boot pages.</summary>
internal static class X64StartDirectory
{
    private const int SlotCount = 512; // Trampoline.S: DIRECTORY_MASK
    private const int PageShift = 32;

    [InlineArray(SlotCount)]
    private struct Slots
    {
        private ulong _slot0;
    }

    private static Slots s_slots;
    private static int s_count;

    /// <summary>Where 32-bit code finds it.</summary>
    internal static ulong PhysicalAddress => X64Memory.AddressOf(in s_slots).Value - X64Memory.KernelBase;

    /// <summary>Forgets all pages.</summary>
    internal static void Clear()
    {
        ((Span<ulong>)s_slots).Clear();
        s_count = 0;
    }

    /// <summary>Enters a processor's page.</summary>
    internal static void Add(ApicId cpu, Pfn page)
    {
        // A free slot must be left. There are fewer pages below 1 MB than slots, so this refuses nobody.
        if (++s_count == SlotCount)
            return;
        int slot = (int)(cpu.Value % SlotCount);
        while (s_slots[slot] != 0)
            slot = (slot + 1) % SlotCount;
        s_slots[slot] = cpu.Value | (page.Address.Value << PageShift);
    }
}

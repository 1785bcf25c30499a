// How memory is cached: the page attribute table, the same on all processors, and the MTRRs, made the same on all.
//
//   entry  PAT PCD PWT   type            Linux's layout: entries 0, 2 and 3 are those of power-on, which page tables of firmware use
//     0     0   0   0    write-back
//     1     0   0   1    write-combining
//     2     0   1   0    uncached, MTRRs may say write-combining
//     3     0   1   1    uncached
//     4     1   0   0    write-back
//     5     1   0   1    write-protected
//     6     1   1   0    as 2
//     7     1   1   1    write-through
//
// Sources: SDM Vol 3A §12.12 "Page Attribute Table (PAT)", §12.11 "Memory Type Range Registers (MTRRs)", §12.11.8 "MTRR
// Considerations in MP Systems", whose steps Load follows. Older editions number the chapter 11.
using Commence.Firmware.X86;

namespace Commence.Arch.X64;

/// <summary>What had to be done about a processor's MTRRs.</summary>
public enum MemoryTypeChange : byte
{
    None,

    /// <summary>They were off, as after power-on; now they are as on the boot processor. QEMU's INIT leaves them so.</summary>
    WereOff,

    /// <summary>Firmware had set them otherwise.</summary>
    Different,
}

/// <summary>PAT and MTRRs of the calling processor.</summary>
public static class X64MemoryTypes
{
    /// <summary>Page attribute table.</summary>
    public const ulong PageAttributes = 0x0407_0506_0007_0106;

    private const uint MsrCapabilities = 0xFE;
    private const uint MsrBaseFirst = 0x200;
    private const uint MsrPat = 0x277;
    private const uint MsrDefaultType = 0x2FF;

    private const ulong InUseMask = 0x0000_0000_FF00_00FF; // PAT entries 0 and 3: all that page tables name before the kernel's own
    private const ulong Cr0NotWriteThrough = 1 << 29;
    private const ulong Cr0CacheDisable = 1 << 30;
    private const ulong Cr4GlobalPages = 1 << 7;

    // IA32_MTRR_FIX64K_00000, FIX16K_80000, FIX16K_A0000, FIX4K_C0000 … FIX4K_F8000.
    private static ReadOnlySpan<ushort> FixedMsrs =>
        [0x250, 0x258, 0x259, 0x268, 0x269, 0x26A, 0x26B, 0x26C, 0x26D, 0x26E, 0x26F];

    // Written by the boot processor before the others start; only read afterwards.
    private static MemoryTypeRegisters s_boot;
    private static bool s_isBootKnown;

    /// <summary>Loads the PAT; on the boot processor remembers the MTRRs, on others makes them the same.</summary>
    /// <param name="hasRanges">The processor has MTRRs.</param>
    /// <returns>Whether MTRRs had to be changed. If they were off, the caller has to flush all translations.</returns>
    /// <remarks>Context: early boot, AP call-in. IRQs: off.</remarks>
    public static MemoryTypeChange LoadOnThisCpu(bool hasRanges)
    {
        if (!s_isBootKnown)
        {
            if (hasRanges)
                Read(ref s_boot);
            s_isBootKnown = true;
            LoadAttributes();
            return MemoryTypeChange.None;
        }

        MemoryTypeChange change = hasRanges ? Compare() : MemoryTypeChange.None;
        if (change == MemoryTypeChange.Different)
        {
            LoadWithCachesOff(withRanges: true);
            return change;
        }

        // With MTRRs off all memory is uncached whatever page tables say: there is nothing in the caches that another type could
        // contradict, and the ranges come into force at once, with the last write. Translations remember types: the caller flushes.
        LoadAttributes();
        if (change == MemoryTypeChange.WereOff)
            WriteRanges();
        return change;
    }

    /// <summary>Whether the calling processor has the boot processor's MTRRs and the kernel's PAT.</summary>
    /// <remarks>Context: any, pinned.</remarks>
    public static bool IsLoadedOnThisCpu(bool hasRanges)
    {
        MemoryTypeRegisters own = default;
        if (hasRanges)
            Read(ref own);
        return own.IsEquivalentTo(in s_boot) && X64Instructions.ReadMsr(MsrPat) == PageAttributes;
    }

    private static MemoryTypeChange Compare()
    {
        bool wantsRanges = (s_boot.DefaultType & MemoryTypeRegisters.Enable) != 0;
        if (wantsRanges && (X64Instructions.ReadMsr(MsrDefaultType) & MemoryTypeRegisters.Enable) == 0)
            return MemoryTypeChange.WereOff;

        MemoryTypeRegisters own = default;
        Read(ref own);
        return own.IsEquivalentTo(in s_boot) ? MemoryTypeChange.None : MemoryTypeChange.Different;
    }

    private static void LoadAttributes()
    {
        ulong attributes = X64Instructions.ReadMsr(MsrPat);
        if (((attributes ^ PageAttributes) & InUseMask) != 0)
            LoadWithCachesOff(withRanges: false);
        else if (attributes != PageAttributes)
            X64Instructions.WriteMsr(MsrPat, PageAttributes); // no translation uses the entries that change
    }

    // Reads what is in force, no more: each MSR costs.
    private static void Read(ref MemoryTypeRegisters own)
    {
        own.SetCapabilities(X64Instructions.ReadMsr(MsrCapabilities));
        own.DefaultType = X64Instructions.ReadMsr(MsrDefaultType);
        if ((own.DefaultType & MemoryTypeRegisters.Enable) == 0)
            return;

        if (own.HasFixed && (own.DefaultType & MemoryTypeRegisters.FixedEnable) != 0)
        {
            for (int i = 0; i < MemoryTypeRegisters.FixedCount; i++)
                own.Fixed[i] = X64Instructions.ReadMsr(FixedMsrs[i]);
        }

        for (int i = 0; i < own.VariableCount; i++)
        {
            own.Masks[i] = X64Instructions.ReadMsr(MaskOf(i));
            if ((own.Masks[i] & MemoryTypeRegisters.Valid) != 0)
                own.Bases[i] = X64Instructions.ReadMsr(MaskOf(i) - 1);
        }
    }

    private static void LoadWithCachesOff(bool withRanges)
    {
        ulong cr0 = X64Instructions.ReadCr0();
        ulong cr4 = X64Instructions.ReadCr4();
        X64Instructions.WriteCr0((cr0 | Cr0CacheDisable) & ~Cr0NotWriteThrough);
        X64Instructions.WriteBackCaches();
        X64Instructions.WriteCr4(cr4 & ~Cr4GlobalPages);           // with global pages on: forgets all translations
        X64Instructions.WriteCr3(X64Instructions.ReadCr3());       // without: this does

        X64Instructions.WriteMsr(MsrPat, PageAttributes);
        if (withRanges)
            WriteRanges();

        X64Instructions.WriteBackCaches();
        X64Instructions.WriteCr3(X64Instructions.ReadCr3());
        X64Instructions.WriteCr0(cr0 & ~(Cr0CacheDisable | Cr0NotWriteThrough));
        X64Instructions.WriteCr4(cr4);
    }

    private static void WriteRanges()
    {
        ulong disabled = s_boot.DefaultType & ~(MemoryTypeRegisters.Enable | MemoryTypeRegisters.FixedEnable);
        X64Instructions.WriteMsr(MsrDefaultType, disabled);
        if (s_boot.HasFixed && (s_boot.DefaultType & MemoryTypeRegisters.FixedEnable) != 0)
        {
            ReadOnlySpan<ulong> ranges = s_boot.Fixed;
            ReadOnlySpan<ushort> registers = FixedMsrs;
            for (int i = 0; i < ranges.Length; i++)
                X64Instructions.WriteMsr(registers[i], ranges[i]);
        }

        ReadOnlySpan<ulong> masks = s_boot.Masks;
        ReadOnlySpan<ulong> bases = s_boot.Bases;
        for (int i = 0; i < masks.Length; i++)
        {
            if ((masks[i] & MemoryTypeRegisters.Valid) != 0)
                X64Instructions.WriteMsr(MaskOf(i) - 1, bases[i]);
            X64Instructions.WriteMsr(MaskOf(i), masks[i]);
        }

        X64Instructions.WriteMsr(MsrDefaultType, s_boot.DefaultType);
    }

    private static uint MaskOf(int index) => MsrBaseFirst + (2 * (uint)index) + 1;
}

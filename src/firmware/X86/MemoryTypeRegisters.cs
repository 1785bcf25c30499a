// The memory type range registers of a processor, as one value that can be compared with another processor's.
//
// Processors that see the same memory with different types make caches incoherent, so all must hold the same; firmware forgets
// that on some machines for those that it does not run on.
//
// Source: SDM Vol 3A §12.11 "Memory Type Range Registers (MTRRs)", §12.11.8 "MTRR Considerations in MP Systems".
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Firmware.X86;

/// <summary>Contents of the MTRRs. All-zero: the processor has none.</summary>
public struct MemoryTypeRegisters
{
    /// <summary>Fixed ranges, if there are any: 64K, 2 of 16K, 8 of 4K.</summary>
    public const int FixedCount = 11;

    /// <summary>Variable ranges that are kept. The architecture allows 255; processors have 8 to 10.</summary>
    public const int VariableCountMax = 16;

    /// <summary>IA32_MTRR_DEF_TYPE: fixed ranges are in force.</summary>
    public const ulong FixedEnable = 1 << 10;

    /// <summary>IA32_MTRR_DEF_TYPE: the MTRRs are in force at all.</summary>
    public const ulong Enable = 1 << 11;

    /// <summary>IA32_MTRR_PHYSMASKn: the range is in use.</summary>
    public const ulong Valid = 1 << 11;

    private const ulong CapabilityFixed = 1 << 8;

    private Values _fixed;
    private Values _bases;
    private Values _masks;

    /// <summary>IA32_MTRR_DEF_TYPE.</summary>
    public ulong DefaultType;

    /// <summary>Number of variable ranges of the processor, at most <see cref="VariableCountMax"/>.</summary>
    public int VariableCount { get; private set; }

    public bool HasFixed { get; private set; }

    [UnscopedRef]
    public Span<ulong> Fixed => ((Span<ulong>)_fixed)[..FixedCount];

    [UnscopedRef]
    public Span<ulong> Bases => ((Span<ulong>)_bases)[..VariableCount];

    [UnscopedRef]
    public Span<ulong> Masks => ((Span<ulong>)_masks)[..VariableCount];

    /// <summary>Takes over what IA32_MTRRCAP says there is.</summary>
    public void SetCapabilities(ulong capabilities)
    {
        VariableCount = (int)Math.Min(capabilities & 0xFF, VariableCountMax);
        HasFixed = (capabilities & CapabilityFixed) != 0;
    }

    /// <summary>Whether two processors see all memory with the same types.</summary>
    /// <remarks>What is switched off does not count: the base of a range that is not valid may be anything.</remarks>
    public readonly bool IsEquivalentTo(in MemoryTypeRegisters other)
    {
        if ((DefaultType & Enable) == 0 || (other.DefaultType & Enable) == 0)
            return ((DefaultType ^ other.DefaultType) & Enable) == 0; // all memory is uncached on both
        if (DefaultType != other.DefaultType || VariableCount != other.VariableCount)
            return false;
        if ((DefaultType & FixedEnable) != 0 && !IsSame(in _fixed, in other._fixed, FixedCount))
            return false;

        for (int i = 0; i < VariableCount; i++)
        {
            bool isValid = (_masks[i] & Valid) != 0;
            if (isValid != ((other._masks[i] & Valid) != 0))
                return false;
            if (isValid && (_masks[i] != other._masks[i] || _bases[i] != other._bases[i]))
                return false;
        }

        return true;
    }

    private static bool IsSame(in Values one, in Values other, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (one[i] != other[i])
                return false;
        }

        return true;
    }

    [InlineArray(VariableCountMax)]
    private struct Values
    {
        private ulong _first;
    }
}

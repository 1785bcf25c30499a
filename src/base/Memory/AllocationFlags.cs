// How memory is asked for.
using System;

namespace Commence.Memory;

/// <summary>Wishes of whoever allocates (Linux: <c>gfp_t</c>). None: any zone, contents left over from the last owner.</summary>
[Flags]
public enum AllocationFlags : uint
{
    None = 0,

    /// <summary>All bytes are zero (Linux: <c>__GFP_ZERO</c>).</summary>
    Zero = 1,

    /// <summary>Below 16 MiB, for devices of the ISA bus (Linux: <c>GFP_DMA</c>).</summary>
    Dma = 2,

    /// <summary>Below 4 GiB, for devices with 32 address lines (Linux: <c>GFP_DMA32</c>).</summary>
    Dma32 = 4,

    /// <summary>The last pages may be taken too: the kernel cannot go on without (Linux: <c>__GFP_MEMALLOC</c>).</summary>
    /// <remarks>Never for an amount that a program decides.</remarks>
    Reserve = 8,
}

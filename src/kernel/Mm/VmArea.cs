// A stretch of user addresses that are mapped in one way, and the tree that an address space keeps them in.
//
//      gap         gap of `c`, ends below its guard       StackGuardBytes: nothing may be mapped closely below
//   ├───────┤ a │ b ├──────────────────────────┤ guard │ c (grows down) │        an area that grows down
//
// Invariants: areas do not overlap, none is empty, and both ends are page aligned. Each area knows the free bytes below it,
// and the largest such gap in its subtree, so that a place for a new area is found without looking at all.
using System;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Mm;

/// <summary>Properties of an area beside its protection.</summary>
[Flags]
internal enum VmAreaFlags : uint
{
    None = 0,

    /// <summary>Writes are seen by all who map the object (<c>VM_SHARED</c>).</summary>
    Shared = 1,

    /// <summary>A fault below extends it (<c>VM_GROWSDOWN</c>).</summary>
    GrowsDown = 2,

    /// <summary>fork leaves it out (<c>VM_DONTCOPY</c>).</summary>
    DontFork = 4,

    /// <summary>fork leaves its contents out (<c>VM_WIPEONFORK</c>).</summary>
    WipeOnFork = 8,

    /// <summary>Pages are there at once (<c>VM_LOCKED</c>); nothing is ever taken away here.</summary>
    Locked = 16,
}

/// <summary>An area (Linux: <c>vm_area_struct</c>). Belongs to one address space, whose lock protects it.</summary>
internal sealed class VmArea
{
    /// <summary>Addresses below an area that grows down which must stay free (Linux: <c>stack_guard_gap</c>).</summary>
    internal const ulong StackGuardBytes = 256 * Limits.PageSizeBytes;

    internal TreeLink<VmArea> Link;
    internal UserAddr Start;
    internal UserAddr End;
    internal MapProtection Protection;   // Read, Write, Execute only
    internal MapProtection Allowed;      // what mprotect may grant (VM_MAYREAD and so on)
    internal VmAreaFlags Flags;
    internal MemoryObject? Source;       // null: anonymous and private
    internal ulong SourcePage;           // number of the first page in Source
    internal ulong Gap;                  // free bytes below, down to the area before
    internal ulong GapMax;               // largest Gap of this area and its subtrees

    internal ulong LengthBytes => End - Start;

    internal ulong PageCount => (End - Start) >> Limits.PageShift;

    internal bool IsShared => (Flags & VmAreaFlags.Shared) != 0;

    internal bool IsWritable => (Protection & MapProtection.Write) != 0;

    internal bool GrowsDown => (Flags & VmAreaFlags.GrowsDown) != 0;

    /// <summary>Private and writable: counted as data.</summary>
    internal bool IsData => !IsShared && IsWritable && !GrowsDown;

    /// <summary>Where free addresses below it end.</summary>
    internal UserAddr FreeBelow =>
        !GrowsDown ? Start : Start.Value > StackGuardBytes ? Start - StackGuardBytes : default;

    /// <summary>Number in the object of the page at an address.</summary>
    internal ulong SourcePageAt(UserAddr address) => SourcePage + ((address - Start) >> Limits.PageShift);

    /// <summary>Whether the next area could be part of this one.</summary>
    internal bool CanMergeWith(VmArea next) =>
        End == next.Start && Protection == next.Protection && Allowed == next.Allowed && Flags == next.Flags
        && !GrowsDown && IsContinuedBy(next);

    private bool IsContinuedBy(VmArea next)
    {
        if (Source is null || next.Source is null)
            return Source == next.Source;
        return Source.Identity == next.Source.Identity && SourcePageAt(End) == next.SourcePage;
    }

    internal readonly struct ByAddress : IOrdered<VmArea>
    {
        public static bool IsAugmented => true;

        public static ref TreeLink<VmArea> Link(VmArea item) => ref item.Link;

        public static bool IsBefore(VmArea left, VmArea right) => left.Start < right.Start;

        public static void Summarize(VmArea item)
        {
            ulong max = item.Gap;
            if (RedBlackTree<VmArea, ByAddress>.Left(item) is VmArea left && left.GapMax > max)
                max = left.GapMax;
            if (RedBlackTree<VmArea, ByAddress>.Right(item) is VmArea right && right.GapMax > max)
                max = right.GapMax;
            item.GapMax = max;
        }
    }

    /// <summary>The first area that ends above an address.</summary>
    internal readonly struct EndsAbove(UserAddr address) : ITreeKey<VmArea>
    {
        private readonly UserAddr _address = address;

        public bool IsAfter(VmArea item) => item.End <= _address;
    }
}

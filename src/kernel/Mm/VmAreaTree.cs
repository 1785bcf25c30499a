// The areas of an address space in order, with their gaps kept right.
using Commence.Lib;

namespace Commence.Mm;

/// <summary>A set of areas (Linux: <c>mm_rb</c>, later <c>mm_mt</c>). The address space's lock protects it.</summary>
internal struct VmAreaTree
{
    private RedBlackTree<VmArea, VmArea.ByAddress> _tree;

    internal readonly int Count => _tree.Count;

    internal readonly VmArea? First => _tree.First;

    internal readonly VmArea? Next(VmArea area) => _tree.Next(area);

    internal readonly VmArea? Previous(VmArea area) => _tree.Previous(area);

    /// <summary>The first area that ends above an address; it may begin above it too.</summary>
    internal readonly VmArea? FirstEndingAbove(UserAddr address) =>
        _tree.FirstNotBefore(new VmArea.EndsAbove(address));

    /// <summary>The area that contains an address.</summary>
    internal readonly VmArea? Find(UserAddr address)
    {
        VmArea? area = FirstEndingAbove(address);
        return area is not null && area.Start <= address ? area : null;
    }

    /// <summary>Some area lies in a range, in part at least.</summary>
    internal readonly bool Intersects(UserAddr start, UserAddr end) =>
        FirstEndingAbove(start) is VmArea area && area.Start < end;

    internal void Add(VmArea area)
    {
        _tree.Add(area);
        VmArea? next = _tree.Next(area);
        Bug.On(area.Start >= area.End);
        Bug.On(next is not null && next.Start < area.End);
        Bug.On(_tree.Previous(area) is VmArea previous && previous.End > area.Start);
        UpdateGap(area);
        UpdateGap(next);
    }

    internal void Remove(VmArea area)
    {
        VmArea? next = _tree.Next(area);
        _tree.Remove(area);
        UpdateGap(next);
    }

    /// <summary>Moves an area's ends; its place in the order stays.</summary>
    internal readonly void Resize(VmArea area, UserAddr start, UserAddr end)
    {
        area.Start = start;
        area.End = end;
        UpdateGap(area);
        UpdateGap(_tree.Next(area));
    }

    /// <summary>Finds the highest free range of a length.</summary>
    /// <param name="lengthBytes">Its length.</param>
    /// <param name="low">It may not begin below.</param>
    /// <param name="high">It may not end above.</param>
    /// <param name="start">Where it begins.</param>
    /// <returns>False if there is none.</returns>
    internal readonly bool TryFindFree(ulong lengthBytes, UserAddr low, UserAddr high, out UserAddr start)
    {
        start = default;
        if (high < low || high - low < lengthBytes)
            return false;

        // Above all areas there is no gap that an area knows of.
        UserAddr above = _tree.Last is VmArea last ? last.End : default;
        return TryFit(above, high, lengthBytes, low, high, out start)
            || TryFindFreeBelow(_tree.Root, lengthBytes, low, high, out start);
    }

    // Depth at most 2 log2(count + 1): 33 for 65530 areas.
    private readonly bool TryFindFreeBelow(VmArea? area, ulong lengthBytes, UserAddr low, UserAddr high, out UserAddr start)
    {
        start = default;
        if (area is null || area.GapMax < lengthBytes)
            return false;
        if (area.Start < high
            && TryFindFreeBelow(RedBlackTree<VmArea, VmArea.ByAddress>.Right(area), lengthBytes, low, high, out start))
            return true;
        if (area.Gap >= lengthBytes && TryFit(area.FreeBelow - area.Gap, area.FreeBelow, lengthBytes, low, high, out start))
            return true;
        return area.Start > low
            && TryFindFreeBelow(RedBlackTree<VmArea, VmArea.ByAddress>.Left(area), lengthBytes, low, high, out start);
    }

    private static bool TryFit(UserAddr from, UserAddr to, ulong lengthBytes, UserAddr low, UserAddr high, out UserAddr start)
    {
        start = default;
        UserAddr bottom = from > low ? from : low;
        UserAddr top = to < high ? to : high;
        if (top < bottom || top - bottom < lengthBytes)
            return false;
        start = top - lengthBytes;
        return true;
    }

    private readonly void UpdateGap(VmArea? area)
    {
        if (area is null)
            return;
        UserAddr before = _tree.Previous(area) is VmArea previous ? previous.End : default;
        area.Gap = area.FreeBelow > before ? area.FreeBelow - before : 0;
        RedBlackTree<VmArea, VmArea.ByAddress>.SummarizeUpwards(area);
    }
}

// Pages of a file by their number: a radix tree that grows upwards, sparse, with 64 branches at each level.
//
//   height 0: nothing     height 1: one leaf, pages 0–63     height 2: a node of leaves, pages 0–4095     …
//
// Pure structure: no lock, no reference counts.
using System.Runtime.CompilerServices;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>A sparse table from page number to page frame (Linux: <c>struct xarray</c> of an address space).</summary>
/// <remarks>The caller's lock protects it. All-zero is empty.</remarks>
public struct PageTree
{
    private const int Shift = 6;
    private const int Branches = 1 << Shift;
    private const int HeightMax = 9; // 54 bits of page number, more than a file's size has

    private Item? _root;
    private int _height;
    private long _count;

    /// <summary>Pages in the tree.</summary>
    public readonly long Count => _count;

    private abstract class Item
    {
        internal int Used; // slots in use
    }

    private sealed class Node : Item
    {
        internal Items Below;
    }

    private sealed class Leaf : Item
    {
        internal Frames Frames;
    }

    [InlineArray(Branches)]
    private struct Items
    {
        private Item? _first;
    }

    [InlineArray(Branches)]
    private struct Frames
    {
        private Pfn _first; // 0: no page; frame 0 is never handed out
    }

    /// <summary>Finds a page.</summary>
    public readonly bool TryFind(ulong index, out Pfn page)
    {
        page = default;
        if (!Covers(_height, index))
            return false;

        Item? item = _root;
        for (int level = _height - 1; level > 0 && item is not null; level--)
            item = ((Node)item).Below[Slot(index, level)];
        if (item is null)
            return false;

        page = ((Leaf)item).Frames[Slot(index, 0)];
        return page.Value != 0;
    }

    /// <summary>Adds a page where there is none.</summary>
    /// <returns>False if there is no memory for the tree.</returns>
    public bool TryAdd(ulong index, Pfn page)
    {
        if (!TryGrow(index))
            return false;

        Item item = _root!;
        for (int level = _height - 1; level > 0; level--)
        {
            Node node = (Node)item;
            ref Item? below = ref node.Below[Slot(index, level)];
            if (below is null)
            {
                below = NewItem(level - 1);
                if (below is null)
                    return false; // empty nodes stay: the next removal of a neighbour, or the end of the file, frees them
                node.Used++;
            }

            item = below;
        }

        Leaf leaf = (Leaf)item;
        ref Pfn slot = ref leaf.Frames[Slot(index, 0)];
        Bug.On(slot.Value != 0);
        slot = page;
        leaf.Used++;
        _count++;
        return true;
    }

    /// <summary>Takes the first page at or behind a page number out of the tree.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryRemoveFrom(ulong index, out Pfn page)
    {
        page = default;
        if (!Covers(_height, index) || !TryRemove(ref _root, _height - 1, index, out page))
            return false;

        _count--;
        if (_root is null)
            _height = 0;
        return true;
    }

    /// <summary>Frees the nodes of a tree without pages.</summary>
    public void FreeNodes()
    {
        Bug.On(_count != 0);
        FreeNodes(_root, _height - 1);
        this = default;
    }

    private static bool TryRemove(ref Item? place, int level, ulong index, out Pfn page)
    {
        page = default;
        if (place is null)
            return false;

        int first = Slot(index, level);
        for (int slot = first; slot < Branches; slot++)
        {
            // Only in the first branch does the rest of the number matter.
            ulong from = slot == first ? index : 0;
            bool isFound = level == 0
                ? TryTake((Leaf)place, slot, out page)
                : TryRemoveBelow((Node)place, slot, level, from, out page);
            if (!isFound)
                continue;

            if (place.Used == 0)
            {
                Kmem.Free(place);
                place = null;
            }

            return true;
        }

        return false;
    }

    private static bool TryRemoveBelow(Node node, int slot, int level, ulong index, out Pfn page)
    {
        ref Item? below = ref node.Below[slot];
        bool isFound = TryRemove(ref below, level - 1, index, out page);
        if (isFound && below is null)
            node.Used--;
        return isFound;
    }

    private static bool TryTake(Leaf leaf, int slot, out Pfn page)
    {
        page = leaf.Frames[slot];
        if (page.Value == 0)
            return false;

        leaf.Frames[slot] = default;
        leaf.Used--;
        return true;
    }

    private static void FreeNodes(Item? item, int level)
    {
        if (item is null)
            return;

        if (level > 0)
        {
            for (int slot = 0; slot < Branches; slot++)
                FreeNodes(((Node)item).Below[slot], level - 1);
        }

        Kmem.Free(item);
    }

    private bool TryGrow(ulong index)
    {
        if (_root is null)
        {
            int height = 1;
            while (!Covers(height, index))
                height++;
            _root = NewItem(height - 1);
            _height = _root is null ? 0 : height;
            return _root is not null;
        }

        while (!Covers(_height, index))
        {
            if (_height == HeightMax || !Kmem.TryNew(out Node top))
                return false;

            top.Below[0] = _root;
            top.Used = 1;
            _root = top;
            _height++;
        }

        return true;
    }

    private static Item? NewItem(int level)
    {
        if (level > 0)
            return Kmem.TryNew(out Node node) ? node : null;
        return Kmem.TryNew(out Leaf leaf) ? leaf : null;
    }

    private static bool Covers(int height, ulong index) =>
        height > 0 && (height * Shift >= 64 || index >> (height * Shift) == 0);

    private static int Slot(ulong index, int level) => (int)(index >> (level * Shift)) & (Branches - 1);
}

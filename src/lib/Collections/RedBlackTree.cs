// A balanced search tree whose links lie inside the objects: run queues, timers and memory areas are kept in it.
//
// Invariants (checked by the tests after every change):
//   1. an item is not before any item to its left in the order;
//   2. the root is black, and a red item has no red child;
//   3. every way from the root down to a missing child passes the same number of black items;
//   4. _first is the leftmost item; Parent, Left and Right agree with each other.
// From 2 and 3: the height is at most 2 log2(count + 1), and no operation but the walk over all items takes longer.
// All-zero is the empty tree. The caller's lock protects it and all links in it.
//
// Source: Cormen, Leiserson, Rivest, Stein, "Introduction to Algorithms", chapter "Red-Black Trees" (with missing children
// in place of a sentinel, and one code for both sides).
//
// Why AggressiveInlining: see IntrusiveList. Call Add and Remove from one place per tree.
using System.Runtime.CompilerServices;

namespace Commence.Lib;

/// <summary>A sorted set of objects that carry their own links (Linux: <c>rb_root_cached</c>).</summary>
/// <typeparam name="T">What is in the tree.</typeparam>
/// <typeparam name="TOrdered">Which of the object's links this tree uses, and its order.</typeparam>
/// <remarks>Context: any. What decides an item's order must not change while it is in the tree. Do not keep the tree in a
/// <c>readonly</c> field: C# would change a copy.</remarks>
public struct RedBlackTree<T, TOrdered>
    where T : class
    where TOrdered : struct, IOrdered<T>
{
    private T? _root;
    private T? _first;
    private int _count;

    /// <summary>The first item in the order, or null; it is kept at hand.</summary>
    public readonly T? First => _first;

    /// <summary>The top of the tree, or null, for searches that <see cref="FirstNotBefore"/> cannot express.</summary>
    public readonly T? Root => _root;

    public readonly int Count => _count;

    public readonly bool IsEmpty => _root is null;

    /// <summary>The last item in the order, or null.</summary>
    public readonly T? Last
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _root is null ? null : End(_root, isRight: true);
    }

    /// <summary>The object is in a tree by this link. It cannot tell which tree.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLinked(T item) => TOrdered.Link(item).Color != TreeColor.Unlinked;

    /// <summary>The child that comes before <paramref name="item"/>, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T? Left(T item) => TOrdered.Link(item).Left;

    /// <summary>The child that comes after <paramref name="item"/>, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T? Right(T item) => TOrdered.Link(item).Right;

    /// <summary>The item behind <paramref name="item"/> in the order, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T? Next(T item) => Step(item, isRight: true);

    /// <summary>The item before <paramref name="item"/> in the order, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T? Previous(T item) => Step(item, isRight: false);

    /// <summary>Adds an item, behind those that are equal.</summary>
    /// <remarks>Fails: misuse if it is in a tree already.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(T item)
    {
        ref TreeLink<T> link = ref TOrdered.Link(item);
        Misuse.On(link.Color != TreeColor.Unlinked);

        T? parent = null;
        T? at = _root;
        bool isRight = false;
        bool isFirst = true;
        while (at is not null)
        {
            parent = at;
            isRight = !TOrdered.IsBefore(item, at);
            isFirst &= !isRight;
            at = Child(at, isRight);
        }

        link.Parent = parent;
        link.Color = TreeColor.Red;
        if (parent is null)
            _root = item;
        else
            Child(parent, isRight) = item;
        if (isFirst)
            _first = item;
        _count++;

        SummarizeUpwards(item);
        BalanceAfterAdd(item);
    }

    /// <summary>Takes an item out of this tree.</summary>
    /// <remarks>Fails: misuse if it is in no tree; one that is in another tree corrupts both where it cannot be noticed.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(T item)
    {
        ref TreeLink<T> link = ref TOrdered.Link(item);
        Misuse.On(link.Color == TreeColor.Unlinked);
        Misuse.On(link.Parent is null && _root != item);
        if (_first == item)
            _first = Next(item);

        // `moved` takes the place of what is removed and may be missing; the way through `parent` to it may lack a black.
        T? moved;
        T? parent;
        TreeColor lost;
        if (link.Left is not null && link.Right is not null)
        {
            // The next item has no left child: it leaves its own place, and takes the removed item's place and colour.
            T heir = End(link.Right, isRight: false);
            ref TreeLink<T> heirLink = ref TOrdered.Link(heir);
            moved = heirLink.Right;
            parent = heirLink.Parent == item ? heir : heirLink.Parent;
            lost = heirLink.Color;
            if (parent != heir)
            {
                Replace(heir, moved);
                heirLink.Right = link.Right;
                TOrdered.Link(link.Right).Parent = heir;
            }

            Replace(item, heir);
            heirLink.Left = link.Left;
            TOrdered.Link(link.Left).Parent = heir;
            heirLink.Color = link.Color;
        }
        else
        {
            moved = link.Left ?? link.Right;
            parent = link.Parent;
            lost = link.Color;
            Replace(item, moved);
        }

        link = default;
        _count--;

        SummarizeUpwards(parent);
        if (lost == TreeColor.Black)
            BalanceAfterRemove(moved, parent);
    }

    /// <summary>Takes the first item out of the tree.</summary>
    /// <returns>Null if the tree was empty.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T? RemoveFirst()
    {
        T? item = _first;
        if (item is not null)
            Remove(item);
        return item;
    }

    /// <summary>Finds the first item that <paramref name="key"/> does not lie behind.</summary>
    /// <returns>Null if the key lies behind all items.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T? FirstNotBefore<TKey>(TKey key)
        where TKey : struct, ITreeKey<T>
    {
        T? found = null;
        T? at = _root;
        while (at is not null)
        {
            bool isAfter = key.IsAfter(at);
            if (!isAfter)
                found = at;
            at = Child(at, isAfter);
        }

        return found;
    }

    /// <summary>Renews the summaries that depend on <paramref name="item"/>, whose own part changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SummarizeUpwards(T? item)
    {
        if (!TOrdered.IsAugmented)
            return;

        for (T? at = item; at is not null; at = TOrdered.Link(at).Parent)
            TOrdered.Summarize(at);
    }

    /// <summary>Visits the items in order. The one just visited may be removed; the tree must not change otherwise.</summary>
    public readonly Enumerator GetEnumerator() => new(_first);

    // A new red item may have a red parent. Each round either ends or moves that fault two levels up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BalanceAfterAdd(T added)
    {
        T item = added;
        while (true)
        {
            T? parent = TOrdered.Link(item).Parent;
            if (parent is null || !IsRed(parent))
                break;

            T top = TOrdered.Link(parent).Parent!; // a red item is not the root
            bool isRight = TOrdered.Link(top).Right == parent;
            T? uncle = Child(top, !isRight);
            if (uncle is not null && IsRed(uncle))
            {
                TOrdered.Link(parent).Color = TreeColor.Black;
                TOrdered.Link(uncle).Color = TreeColor.Black;
                TOrdered.Link(top).Color = TreeColor.Red;
                item = top;
                continue;
            }

            if (Child(parent, !isRight) == item)
            {
                Rotate(parent, toRight: isRight);
                parent = item;
            }

            TOrdered.Link(parent).Color = TreeColor.Black;
            TOrdered.Link(top).Color = TreeColor.Red;
            Rotate(top, toRight: !isRight);
            break;
        }

        TOrdered.Link(_root!).Color = TreeColor.Black;
    }

    // The way through `parent` to `short` lacks one black. Each round either ends or moves that fault one level up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BalanceAfterRemove(T? moved, T? above)
    {
        T? item = moved;
        T? parent = above;
        while (parent is not null && !IsRed(item))
        {
            bool isRight = TOrdered.Link(parent).Right == item;
            T sibling = Child(parent, !isRight)!; // its side has a black more, so it exists
            if (IsRed(sibling))
            {
                TOrdered.Link(sibling).Color = TreeColor.Black;
                TOrdered.Link(parent).Color = TreeColor.Red;
                Rotate(parent, toRight: isRight);
                sibling = Child(parent, !isRight)!;
            }

            T? near = Child(sibling, isRight);
            T? far = Child(sibling, !isRight);
            if (!IsRed(near) && !IsRed(far))
            {
                TOrdered.Link(sibling).Color = TreeColor.Red;
                item = parent;
                parent = TOrdered.Link(item).Parent;
                continue;
            }

            if (!IsRed(far))
            {
                TOrdered.Link(near!).Color = TreeColor.Black;
                TOrdered.Link(sibling).Color = TreeColor.Red;
                Rotate(sibling, toRight: !isRight);
                far = sibling;
                sibling = near!;
            }

            TOrdered.Link(sibling).Color = TOrdered.Link(parent).Color;
            TOrdered.Link(parent).Color = TreeColor.Black;
            TOrdered.Link(far!).Color = TreeColor.Black;
            Rotate(parent, toRight: isRight);
            return;
        }

        if (item is not null)
            TOrdered.Link(item).Color = TreeColor.Black;
    }

    // Turning to the right (to the left, mirrored):      top            up
    //                                                   /   \          /  \
    //                                                  up    c   =>   a   top
    //                                                 /  \                /  \
    //                                                a    b              b    c
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Rotate(T top, bool toRight)
    {
        T up = Child(top, !toRight)!;
        T? inner = Child(up, toRight);

        Child(top, !toRight) = inner;
        if (inner is not null)
            TOrdered.Link(inner).Parent = top;

        Replace(top, up);
        Child(up, toRight) = top;
        TOrdered.Link(top).Parent = up;

        if (TOrdered.IsAugmented)
        {
            TOrdered.Summarize(top);
            TOrdered.Summarize(up);
        }
    }

    // Makes the parent of `old` point to `item` instead, and back. The links below are the caller's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Replace(T old, T? item)
    {
        T? parent = TOrdered.Link(old).Parent;
        if (parent is null)
            _root = item;
        else
            Child(parent, TOrdered.Link(parent).Right == old) = item;
        if (item is not null)
            TOrdered.Link(item).Parent = parent;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T? Step(T item, bool isRight)
    {
        T? child = Child(item, isRight);
        if (child is not null)
            return End(child, !isRight);

        // Up, until we come from the other side.
        T at = item;
        T? parent = TOrdered.Link(at).Parent;
        while (parent is not null && Child(parent, isRight) == at)
        {
            at = parent;
            parent = TOrdered.Link(at).Parent;
        }

        return parent;
    }

    // The outermost item on one side of the subtree.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T End(T top, bool isRight)
    {
        T at = top;
        while (Child(at, isRight) is T child)
            at = child;
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T? Child(T item, bool isRight)
    {
        ref TreeLink<T> link = ref TOrdered.Link(item);
        return ref isRight ? ref link.Right : ref link.Left;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsRed(T? item) => item is not null && TOrdered.Link(item).Color == TreeColor.Red;

    /// <summary>The cursor behind <c>foreach</c>.</summary>
    public ref struct Enumerator
    {
        private T? _current;
        private T? _next;

        internal Enumerator(T? first)
        {
            _current = null;
            _next = first;
        }

        public readonly T Current => _current!;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MoveNext()
        {
            _current = _next;
            if (_current is null)
                return false;
            _next = Step(_current, isRight: true);
            return true;
        }
    }
}

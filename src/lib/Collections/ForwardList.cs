// A singly linked list whose links lie inside the objects: free lists, hash chains and queues that nobody leaves midway.
//
// Invariants: _first is null iff _last is null; _last has no next; an object on the list has IsLinked set.
// All-zero is the empty list. The caller's lock protects it and all links in it.
// Why AggressiveInlining: see IntrusiveList.
using System.Runtime.CompilerServices;

namespace Commence.Lib;

/// <summary>A queue and stack of objects that carry their own links (Linux: <c>hlist</c> and <c>llist</c> come near).</summary>
/// <remarks>Context: any. Do not keep it in a <c>readonly</c> field: C# would change a copy.</remarks>
public struct ForwardList<T, TForward>
    where T : class
    where TForward : struct, IForwardLinked<T>
{
    private T? _first;
    private T? _last;

    public readonly T? First => _first;

    public readonly T? Last => _last;

    public readonly bool IsEmpty => _first is null;

    /// <summary>The object is on a list by this link. It cannot tell which list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLinked(T item) => TForward.Link(item).IsLinked;

    /// <summary>The one behind <paramref name="item"/>, or null at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T? Next(T item) => TForward.Link(item).Next;

    /// <remarks>Fails: misuse if the object is on a list already.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddFirst(T item)
    {
        ref ForwardLink<T> link = ref TForward.Link(item);
        Misuse.On(link.IsLinked);
        link.IsLinked = true;
        link.Next = _first;
        _first = item;
        _last ??= item;
    }

    /// <inheritdoc cref="AddFirst"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddLast(T item)
    {
        ref ForwardLink<T> link = ref TForward.Link(item);
        Misuse.On(link.IsLinked);
        link.IsLinked = true;
        if (_last is null)
            _first = item;
        else
            TForward.Link(_last).Next = item;
        _last = item;
    }

    /// <summary>Takes the head off the list.</summary>
    /// <returns>Null if the list was empty.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T? RemoveFirst()
    {
        T? item = _first;
        if (item is null)
            return null;

        ref ForwardLink<T> link = ref TForward.Link(item);
        _first = link.Next;
        if (_first is null)
            _last = null;
        link = default;
        return item;
    }

    /// <summary>Searches for an object and takes it off the list; the time grows with its position.</summary>
    /// <returns>False if it is not on this list.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRemove(T item)
    {
        T? previous = null;
        T? at = _first;
        while (at is not null && at != item)
        {
            previous = at;
            at = TForward.Link(at).Next;
        }

        if (at is null)
            return false;

        ref ForwardLink<T> link = ref TForward.Link(at);
        if (previous is null)
            _first = link.Next;
        else
            TForward.Link(previous).Next = link.Next;
        if (link.Next is null)
            _last = previous;
        link = default;
        return true;
    }

    /// <summary>Visits the objects from head to tail. The one just visited may be removed; others must stay meanwhile.</summary>
    public readonly Enumerator GetEnumerator() => new(_first);

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
            _next = TForward.Link(_current).Next;
            return true;
        }
    }
}

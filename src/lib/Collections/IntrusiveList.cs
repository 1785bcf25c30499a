// A doubly linked list whose links lie inside the objects: no allocation, and removal from the middle in constant time.
//
// Invariants: _first is null iff _last is null; for neighbours a, b: Next(a) == b and Previous(b) == a; an object on the
// list has IsLinked set, and no other list uses the same link meanwhile.
// All-zero is the empty list. The caller's lock protects it and all links in it.
//
// Why AggressiveInlining: code that is generic over a class is shared between classes and reaches TLinked through a
// dictionary and an indirect call. Inlined into a caller that names the types, TLinked.Link(x) is one `lea`.
using System.Runtime.CompilerServices;

namespace Commence.Lib;

/// <summary>A list of objects that carry their own links (Linux: <c>list_head</c>).</summary>
/// <typeparam name="T">What is on the list.</typeparam>
/// <typeparam name="TLinked">Which of the object's links this list uses.</typeparam>
/// <remarks>Context: any. Do not keep it in a <c>readonly</c> field: C# would change a copy.</remarks>
public struct IntrusiveList<T, TLinked>
    where T : class
    where TLinked : struct, ILinked<T>
{
    private T? _first;
    private T? _last;
    private int _count;

    /// <summary>The head, or null if the list is empty.</summary>
    public readonly T? First => _first;

    /// <summary>The tail, or null if the list is empty.</summary>
    public readonly T? Last => _last;

    /// <summary>How many objects are on the list.</summary>
    public readonly int Count => _count;

    public readonly bool IsEmpty => _first is null;

    /// <summary>The object is on a list by this link. It cannot tell which list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLinked(T item) => TLinked.Link(item).IsLinked;

    /// <summary>The one behind <paramref name="item"/>, or null at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T? Next(T item) => TLinked.Link(item).Next;

    /// <summary>The one before <paramref name="item"/>, or null at the beginning.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T? Previous(T item) => TLinked.Link(item).Previous;

    /// <remarks>Fails: misuse if the object is on a list already.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddFirst(T item) => Insert(item, previous: null, next: _first);

    /// <inheritdoc cref="AddFirst"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddLast(T item) => Insert(item, previous: _last, next: null);

    /// <summary>Inserts directly before <paramref name="position"/>, which is on this list.</summary>
    /// <inheritdoc cref="AddFirst"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddBefore(T position, T item)
    {
        Misuse.On(!IsLinked(position));
        Insert(item, TLinked.Link(position).Previous, position);
    }

    /// <summary>Inserts directly behind <paramref name="position"/>, which is on this list.</summary>
    /// <inheritdoc cref="AddFirst"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddAfter(T position, T item)
    {
        Misuse.On(!IsLinked(position));
        Insert(item, position, TLinked.Link(position).Next);
    }

    /// <summary>Takes an object off this list.</summary>
    /// <remarks>Fails: misuse if it is on no list; one that is on another list corrupts both where it cannot be noticed.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(T item)
    {
        ref ListLink<T> link = ref TLinked.Link(item);
        Misuse.On(!link.IsLinked);
        // An end of a list has no neighbour on that side, so it must be this list's end.
        Misuse.On(link.Previous is null && _first != item);
        Misuse.On(link.Next is null && _last != item);

        if (link.Previous is null)
            _first = link.Next;
        else
            TLinked.Link(link.Previous).Next = link.Next;

        if (link.Next is null)
            _last = link.Previous;
        else
            TLinked.Link(link.Next).Previous = link.Previous;

        link = default;
        _count--;
    }

    /// <summary>Takes the head off the list.</summary>
    /// <returns>Null if the list was empty.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T? RemoveFirst()
    {
        T? item = _first;
        if (item is not null)
            Remove(item);
        return item;
    }

    /// <summary>Takes the tail off the list.</summary>
    /// <returns>Null if the list was empty.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T? RemoveLast()
    {
        T? item = _last;
        if (item is not null)
            Remove(item);
        return item;
    }

    /// <summary>Moves all objects of <paramref name="other"/> behind the tail; <paramref name="other"/> is empty then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(ref IntrusiveList<T, TLinked> other)
    {
        if (other._first is null)
            return;

        if (_last is null)
        {
            _first = other._first;
        }
        else
        {
            TLinked.Link(_last).Next = other._first;
            TLinked.Link(other._first).Previous = _last;
        }

        _last = other._last;
        _count += other._count;
        other = default;
    }

    /// <summary>Visits the objects from head to tail. The one just visited may be removed; others must stay meanwhile.</summary>
    public readonly Enumerator GetEnumerator() => new(_first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Insert(T item, T? previous, T? next)
    {
        ref ListLink<T> link = ref TLinked.Link(item);
        Misuse.On(link.IsLinked);
        link.Previous = previous;
        link.Next = next;
        link.IsLinked = true;

        if (previous is null)
            _first = item;
        else
            TLinked.Link(previous).Next = item;

        if (next is null)
            _last = item;
        else
            TLinked.Link(next).Previous = item;
        _count++;
    }

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
            _next = TLinked.Link(_current).Next;
            return true;
        }
    }
}

namespace Commence.Lib;

/// <summary>The place that an object gives to one <see cref="ForwardList{T, TForward}"/>. All-zero is "on no list".</summary>
public struct ForwardLink<T>
    where T : class
{
    internal T? Next;
    internal bool IsLinked;
}

/// <summary>Says where in a <typeparamref name="T"/> the link of a singly linked list lies.</summary>
public interface IForwardLinked<T>
    where T : class
{
    /// <summary>The link inside <paramref name="item"/>; always the same field.</summary>
    static abstract ref ForwardLink<T> Link(T item);
}

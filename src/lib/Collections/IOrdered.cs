namespace Commence.Lib;

/// <summary>Says where in a <typeparamref name="T"/> the link of a tree lies, and in which order the tree keeps them.</summary>
public interface IOrdered<T>
    where T : class
{
    /// <summary>The link inside <paramref name="item"/>; always the same field.</summary>
    static abstract ref TreeLink<T> Link(T item);

    /// <summary><paramref name="left"/> comes before <paramref name="right"/>. Items of which neither comes before the other
    /// are equal, and stay in the order in which they were added.</summary>
    static abstract bool IsBefore(T left, T right);

    /// <summary>Each item keeps a summary of the subtree below it, the smallest deadline for example. A constant.</summary>
    static abstract bool IsAugmented { get; }

    /// <summary>Computes the item's summary from the item itself and from its children's summaries
    /// (<see cref="RedBlackTree{T, TOrdered}.Left"/>, <see cref="RedBlackTree{T, TOrdered}.Right"/>).
    /// Called only if <see cref="IsAugmented"/>.</summary>
    static abstract void Summarize(T item);
}

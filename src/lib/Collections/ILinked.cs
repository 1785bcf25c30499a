namespace Commence.Lib;

/// <summary>Says where in a <typeparamref name="T"/> the link of a list lies. An empty struct implements it, one per list
/// that an object can be on, so that the compiler resolves the call and nothing is looked up at run time.</summary>
public interface ILinked<T>
    where T : class
{
    /// <summary>The link inside <paramref name="item"/>; always the same field.</summary>
    static abstract ref ListLink<T> Link(T item);
}

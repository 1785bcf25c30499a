namespace Commence.Lib;

/// <summary>What a tree is searched for: a position in its order.</summary>
public interface ITreeKey<T>
    where T : class
{
    /// <summary>The position lies behind <paramref name="item"/>. True for all items up to some point, false for all after it.</summary>
    bool IsAfter(T item);
}

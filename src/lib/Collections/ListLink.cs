namespace Commence.Lib;

/// <summary>The place that an object gives to one <see cref="IntrusiveList{T, TLinked}"/> (Linux: <c>struct list_head</c>
/// in a member). All-zero is "on no list".</summary>
public struct ListLink<T>
    where T : class
{
    internal T? Previous;
    internal T? Next;
    internal bool IsLinked;
}

namespace Commence.Lib;

/// <summary>The place that an object gives to one <see cref="RedBlackTree{T, TOrdered}"/> (Linux: <c>struct rb_node</c> in
/// a member). All-zero is "in no tree".</summary>
public struct TreeLink<T>
    where T : class
{
    internal T? Parent;
    internal T? Left;
    internal T? Right;
    internal TreeColor Color;
}

internal enum TreeColor : byte
{
    Unlinked,
    Red,
    Black,
}

// Numbers for processes and the like: each at most once, and an old one not again before all others had their turn.
namespace Commence.Lib;

/// <summary>Hands out numbers in rising order, starting again at the lowest free one after the highest
/// (Linux: <c>idr_alloc_cyclic</c>). All-zero starts at the lowest number.</summary>
/// <remarks>Context: any. The caller's lock protects it and the map.</remarks>
public struct IdAllocator
{
    private int _next; // where to look first

    /// <summary>Takes a free number out of <paramref name="used"/>, at least <paramref name="lowest"/>.</summary>
    /// <param name="used">One bit for each number, from 0 up to the highest; set while it is taken.</param>
    /// <param name="lowest">Numbers below it are given out only by <see cref="TryTake"/>.</param>
    /// <param name="id">The number.</param>
    /// <returns>False if all are taken.</returns>
    public bool TryAllocate(Bitmap used, int lowest, out int id)
    {
        id = used.FindClear(_next > lowest ? _next : lowest);
        if (id < 0)
            id = used.FindClear(lowest);
        if (id < 0)
            return false;

        used.Set(id);
        _next = id + 1;
        return true;
    }

    /// <summary>Takes this number.</summary>
    /// <returns>False if it is taken or too high.</returns>
    public static bool TryTake(Bitmap used, int id)
    {
        if ((uint)id >= (uint)used.Length || used[id])
            return false;

        used.Set(id);
        return true;
    }

    /// <summary>Gives a number back.</summary>
    /// <remarks>Fails: misuse if it is not taken.</remarks>
    public static void Free(Bitmap used, int id)
    {
        Misuse.On(!used[id]);
        used.Clear(id);
    }
}

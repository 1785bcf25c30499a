// The parent of a vfork sleeps until the child has let go of the memory that both use.
using System.Threading;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Processes;

/// <summary>Joins parent and child of a vfork. Two uses.</summary>
internal sealed class VforkWait
{
    private Completion _done;
    private int _references;

    /// <summary>Makes one for two.</summary>
    /// <returns>Null if there is no memory.</returns>
    internal static VforkWait? TryMake()
    {
        if (!Kmem.TryNew(out VforkWait wait))
            return null;

        wait._references = 2;
        return wait;
    }

    /// <summary>The child has another memory now, or none.</summary>
    internal void Complete()
    {
        _done.CompleteAll();
        Put();
    }

    /// <summary>Sleeps until the child is done, or a fatal signal comes.</summary>
    internal void Wait()
    {
        _ = _done.WaitKillable(); // interrupted: the parent is about to end, and leaves the child alone
        Put();
    }

    /// <summary>Gives up a wait whose child was never made.</summary>
    internal void Abandon() => Kmem.Free(this);

    private void Put()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            Kmem.Free(this);
    }
}

// Times of unpacked directories, which are set when all is done: each file made in a directory changes that directory's.
using Commence.Abi;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>Directories whose times are still to be set.</summary>
internal struct DirectoryTimes
{
    private ForwardList<Wanted, Wanted.Linked> _all;

    /// <summary>One directory, with a use of it.</summary>
    private sealed class Wanted
    {
        internal Inode Directory = null!;
        internal Timespec Time;
        internal ForwardLink<Wanted> Link;

        internal readonly struct Linked : IForwardLinked<Wanted>
        {
            public static ref ForwardLink<Wanted> Link(Wanted item) => ref item.Link;
        }
    }

    /// <summary>Remembers a directory's time.</summary>
    /// <returns>False if there is no memory.</returns>
    internal bool TryAdd(Inode directory, in Timespec time)
    {
        if (!Kmem.TryNew(out Wanted wanted))
            return false;

        directory.Get();
        wanted.Directory = directory;
        wanted.Time = time;
        _all.AddLast(wanted);
        return true;
    }

    /// <summary>Sets them all, in the order in which they were added: of two for the same directory the last one counts.</summary>
    internal void Apply()
    {
        Wanted? wanted;
        while ((wanted = _all.RemoveFirst()) is not null)
        {
            wanted.Directory.SetTimes(in wanted.Time, hasAccess: true, in wanted.Time, hasModification: true);
            wanted.Directory.Put();
            Kmem.Free(wanted);
        }
    }
}

// Groups of processes, to which terminals and kill(2) send signals, and sessions, which have a terminal.
//
// A group or session has the number of the process that made it, and keeps that process's task, so that the number is not given
// to anybody else as long as the group exists.
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Terminals;

namespace Commence.Processes;

/// <summary>A process group.</summary>
/// <remarks>Members, and the list of groups: ProcessTree.Lock. One use for each member, one for each terminal that it is in the
/// foreground of.</remarks>
public sealed class ProcessGroup
{
    private int _references;
    private Task? _numberHolder;
    private ListLink<ProcessGroup> _treeLink;

    internal IntrusiveList<Process, Process.InGroup> Members;

    /// <summary>Its number (<c>pgid</c>).</summary>
    public int Number { get; private set; }

    /// <summary>Its session.</summary>
    public Session Session { get; private set; } = null!;

    /// <summary>Makes a group with one use, in the tree. Under ProcessTree.Lock.</summary>
    /// <param name="leader">The task whose number it gets; null for number 0, that of process 1 until it makes another.</param>
    /// <param name="session">Its session, which it takes a use of.</param>
    /// <returns>Null if there is no memory.</returns>
    internal static ProcessGroup? TryMake(Task? leader, Session session)
    {
        if (!Kmem.TryNew(out ProcessGroup group))
            return null;

        leader?.Get();
        session.Get();
        group._references = 1;
        group._numberHolder = leader;
        group.Number = leader?.Pid ?? 0;
        group.Session = session;
        ProcessTree.Add(group);
        return group;
    }

    /// <summary>Counts one more user.</summary>
    internal void Get() => Interlocked.Increment(ref _references);

    /// <summary>Its number passed from one task to another. Under ProcessTree.Lock.</summary>
    internal void MoveNumberHolder(Task from, Task to)
    {
        if (_numberHolder != from)
            return;

        to.Get();
        _numberHolder = to;
        from.Put(); // not the last use: the caller has one
    }

    /// <summary>Ends one use. Under ProcessTree.Lock.</summary>
    /// <returns>What to free after the lock is released, or null.</returns>
    internal ProcessGroup? PutLocked()
    {
        if (Interlocked.Decrement(ref _references) > 0)
            return null;

        Bug.On(!Members.IsEmpty);
        ProcessTree.Remove(this);
        return this;
    }

    /// <summary>Frees a group that <see cref="PutLocked"/> gave.</summary>
    /// <remarks>Context: thread.</remarks>
    internal void Free()
    {
        Session.Put();
        _numberHolder?.Put();
        Kmem.Free(this);
    }

    /// <summary>Ends one use.</summary>
    /// <remarks>Context: thread. Locks: ProcessTree.Lock.</remarks>
    internal void Put()
    {
        ProcessGroup? doomed;
        using (ProcessTree.Lock.Lock())
            doomed = PutLocked();
        doomed?.Free();
    }

    /// <summary>Whether nobody outside could continue its stopped members: no member has a parent in another group of the
    /// same session. Under ProcessTree.Lock.</summary>
    /// <param name="except">A process that is about to end, as member and as parent; or null.</param>
    /// <remarks>Source: POSIX.1-2017 §3.269, Orphaned Process Group.</remarks>
    internal bool IsOrphaned(Process? except)
    {
        foreach (Process member in Members)
        {
            Process? parent = member.Parent;
            if (member == except || member.IsZombie || parent is null || parent == ProcessTree.Init)
                continue;
            if (parent.Group != this && parent.Group.Session == Session)
                return false;
        }

        return true;
    }

    /// <summary>Whether a member is stopped. Under ProcessTree.Lock.</summary>
    internal bool HasStoppedMember()
    {
        foreach (Process member in Members)
        {
            if (member.IsStopped)
                return true;
        }

        return false;
    }

    internal readonly struct InTree : ILinked<ProcessGroup>
    {
        public static ref ListLink<ProcessGroup> Link(ProcessGroup item) => ref item._treeLink;
    }
}

/// <summary>A session: groups that share a terminal.</summary>
/// <remarks>One use for each group.</remarks>
public sealed class Session
{
    private int _references;
    private Task? _numberHolder;
    private Tty? _terminal;

    /// <summary>Its number (<c>sid</c>).</summary>
    public int Number { get; private set; }

    /// <summary>Its controlling terminal, or null. Written under ProcessTree.Lock.</summary>
    public Tty? Terminal
    {
        get => Volatile.Read(ref _terminal);
        internal set => Volatile.Write(ref _terminal, value);
    }

    /// <summary>Makes a session with one use.</summary>
    /// <param name="leader">The task whose number it gets; null for number 0.</param>
    /// <returns>Null if there is no memory.</returns>
    internal static Session? TryMake(Task? leader)
    {
        if (!Kmem.TryNew(out Session session))
            return null;

        leader?.Get();
        session._references = 1;
        session._numberHolder = leader;
        session.Number = leader?.Pid ?? 0;
        return session;
    }

    /// <inheritdoc cref="ProcessGroup.MoveNumberHolder"/>
    internal void MoveNumberHolder(Task from, Task to)
    {
        if (_numberHolder != from)
            return;

        to.Get();
        _numberHolder = to;
        from.Put(); // not the last use: the caller has one
    }

    /// <summary>Counts one more user.</summary>
    internal void Get() => Interlocked.Increment(ref _references);

    /// <summary>Ends one use; the last one frees the session.</summary>
    /// <remarks>Context: thread.</remarks>
    internal void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count > 0)
            return;

        Bug.On(_terminal is not null); // its leader gave the terminal up when it ended
        _numberHolder?.Put();
        Kmem.Free(this);
    }
}

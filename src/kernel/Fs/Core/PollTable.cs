// Waiting for several files at once: poll, select, epoll.
//
//   File.Poll(table) ─▶ table.Watch(file, which) ─▶ an entry in file.PollQueue(which) ─wake─▶ table.Wakeup ─▶ the poller
//
// A file is asked twice: first with the table, which enters the queues before the state is read, so that no change is missed;
// after a wake-up without it.
using System.Threading;
using Commence.Abi;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>The queues that one poller is in (Linux: <c>struct poll_wqueues</c>).</summary>
/// <remarks>Belongs to one task. Free it with <see cref="Free"/>.</remarks>
public sealed class PollTable
{
    private WaitQueue _wakeup;
    private bool _isTriggered;
    private bool _hasFailed;
    private IntrusiveList<Entry, Entry.InTable> _entries;

    /// <summary>There was no memory for an entry: the poll must fail, or it could sleep for ever.</summary>
    public bool HasFailed => _hasFailed;

    /// <summary>Enters a queue of a file. Called by <see cref="File.Poll"/>, before it looks at its state.</summary>
    /// <param name="file">The file.</param>
    /// <param name="which">The queue, in the file's own numbering; see <see cref="File.PollQueue"/>.</param>
    public void Watch(File file, int which)
    {
        if (!Kmem.TryNew(out Entry entry))
        {
            _hasFailed = true;
            return;
        }

        file.Get();
        entry.Table = this;
        entry.File = file;
        entry.Which = which;
        _entries.AddLast(entry);
        file.PollQueue(which).Add(entry);
    }

    /// <summary>Sleeps until a watched file changed, a signal comes, or the monotonic clock reaches the deadline.</summary>
    /// <remarks>Context: thread. Sleeps: may. The files are to be asked again after <see cref="WaitResult.Met"/>.</remarks>
    public WaitResult Wait(Nanoseconds deadline)
    {
        Triggered condition = new(this);
        WaitResult result = _wakeup.WaitInterruptible(ref condition, deadline);
        Volatile.Write(ref _isTriggered, false); // before the files are asked: a change from now on triggers again
        return result;
    }

    /// <summary>Leaves all queues and frees the table.</summary>
    public void Free()
    {
        Entry? entry;
        while ((entry = _entries.RemoveFirst()) is not null)
        {
            File file = entry.File;
            file.PollQueue(entry.Which).Remove(entry);
            Kmem.Free(entry);
            file.Put();
        }

        Kmem.Free(this);
    }

    private void Trigger()
    {
        Volatile.Write(ref _isTriggered, true);
        _wakeup.WakeAll();
    }

    private readonly struct Triggered : IWaitCondition
    {
        private readonly PollTable _table;

        internal Triggered(PollTable table) => _table = table;

        public bool IsMet() => Volatile.Read(ref _table._isTriggered);
    }

    /// <summary>The poller's place in the queue of one file.</summary>
    private sealed class Entry : WaitEntry
    {
        internal PollTable Table = null!;
        internal File File = null!;
        internal int Which;
        internal ListLink<Entry> TableLink;

        protected internal override WakeOutcome OnWake(uint key)
        {
            Table.Trigger();
            return WakeOutcome.Taken;
        }

        internal readonly struct InTable : ILinked<Entry>
        {
            public static ref ListLink<Entry> Link(Entry item) => ref item.TableLink;
        }
    }
}

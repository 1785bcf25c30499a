// The root of /proc: what it always has, and a folder for each process.
using System;
using Commence.Abi;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>The folder /proc.</summary>
internal sealed class ProcRoot : ProcFolder
{
    // Positions of processes in a listing begin here: behind more entries than there ever are.
    private const long ProcessPositionFirst = 1024;

    private readonly ProcFolder _process = TaskEntries.MakeProcessFolder();

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => default;

    internal override ProcEntry? Find(ref ProcSubject subject, scoped ReadOnlySpan<byte> name)
    {
        ProcEntry? entry = base.Find(ref subject, name);
        if (entry is not null || !TryParseNumber(name, out int number) || !TaskTable.TryFind(number, out Task task))
            return entry;

        subject = ProcSubject.Of(task, isThread: false);
        task.Put();
        return _process;
    }

    internal override bool List(ProcSubject subject, ref DirectoryCursor cursor)
    {
        if (cursor.Position < ProcessPositionFirst && !base.List(subject, ref cursor))
            return false;

        int number = (int)Math.Max(0, Math.Min(cursor.Position - ProcessPositionFirst, TaskTable.NumberMax));
        while (TaskTable.TryFindFrom(number, out Task task))
        {
            number = task.Pid;
            bool isProcess = task.Tgid == number; // the other tasks are found in their process's folder
            ulong inode = ProcInode.NumberOf(_process, ProcSubject.Of(task, isThread: false));
            task.Put();
            if (isProcess && !TryAddNumber(ref cursor, number, inode, FileMode.Directory, ProcessPositionFirst + number + 1))
                return false;
            number++;
        }

        return true;
    }
}

/// <summary><c>self</c>: the folder of whoever reads it.</summary>
internal sealed class SelfLink : ProcLink
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "self"u8;

    internal override Result<int> Read(ProcSubject subject, Span<byte> buffer)
    {
        Lib.TextWriter text = new(buffer);
        text.Append(Task.Current.Tgid);
        return text.Length;
    }
}

/// <summary><c>thread-self</c>: the folder of the thread that reads it.</summary>
internal sealed class ThreadSelfLink : ProcLink
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "thread-self"u8;

    internal override Result<int> Read(ProcSubject subject, Span<byte> buffer)
    {
        Lib.TextWriter text = new(buffer);
        text.Append($"{Task.Current.Tgid}/task/{Task.Current.Pid}");
        return text.Length;
    }
}

/// <summary><c>mounts</c>: those that the reader sees.</summary>
internal sealed class MountsLink : ProcLink
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "mounts"u8;

    internal override Result<int> Read(ProcSubject subject, Span<byte> buffer)
    {
        Lib.TextWriter text = new(buffer);
        text.Append("self/mounts"u8);
        return text.Length;
    }
}

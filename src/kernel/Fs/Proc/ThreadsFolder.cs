// /proc/PID/task: a folder for each thread of a process.
using System;
using Commence.Abi;
using Commence.Locking;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>The threads of a process, by number.</summary>
internal sealed class ThreadsFolder : ProcFolder
{
    private readonly ProcFolder _thread;

    internal ThreadsFolder(ProcFolder thread) => _thread = thread;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "task"u8;

    internal override ProcEntry? Find(ref ProcSubject subject, scoped ReadOnlySpan<byte> name)
    {
        if (!TryParseNumber(name, out int number) || !subject.TryGetTask(out Task process))
            return null;

        bool isFound = TaskTable.TryFind(number, out Task thread);
        bool isOurs = isFound && thread.Tgid == process.Tgid;
        if (isOurs)
            subject = ProcSubject.Of(thread, isThread: true);
        if (isFound)
            thread.Put();
        process.Put();
        return isOurs ? _thread : null;
    }

    // Positions follow the threads' numbers, so that threads which come and go meanwhile change nothing for the others.
    internal override bool List(ProcSubject subject, ref DirectoryCursor cursor)
    {
        if (!subject.TryGetTask(out Task process))
            return true;

        int number = (int)Math.Max(0, Math.Min(cursor.Position - DirectoryCursor.FirstPosition, TaskTable.NumberMax));
        bool hasRoom = true;
        while (hasRoom && TryFindThread(process, ref number))
        {
            hasRoom = TryAddNumber(
                ref cursor, number, _thread.Id | ((ulong)number << 16), FileMode.Directory, DirectoryCursor.FirstPosition + number + 1);
            number++;
        }

        process.Put();
        return hasRoom;
    }

    // The thread of the process with the lowest number from here on.
    private static bool TryFindThread(Task process, ref int number)
    {
        if (process.User is null)
        {
            bool isNext = process.Pid >= number;
            number = process.Pid;
            return isNext;
        }

        int lowest = int.MaxValue;
        using (ProcessTree.Lock.Lock())
        {
            foreach (UserThread thread in process.User.Process.Threads)
            {
                if (thread.Tid >= number && thread.Tid < lowest)
                    lowest = thread.Tid;
            }
        }

        number = lowest;
        return lowest != int.MaxValue;
    }
}

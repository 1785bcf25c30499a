// Whom a file of /proc is about.
//
// Files of /proc hold no use of a task: their entries may stay in memory long after the task has ended, and would keep it, its
// number and all. They know its number and when it was made, and find it anew each time.
using Commence.Processes;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>A task, and perhaps one of its descriptors. All-zero: the system as a whole.</summary>
internal readonly struct ProcSubject
{
    private readonly int _number;
    private readonly Nanoseconds _startTime;

    private ProcSubject(int number, Nanoseconds startTime, bool isThread, int descriptor)
    {
        _number = number;
        _startTime = startTime;
        IsThread = isThread;
        Descriptor = descriptor;
    }

    /// <summary>The task alone is meant, not its process.</summary>
    internal bool IsThread { get; }

    /// <summary>Which of its descriptors; -1 for none.</summary>
    internal int Descriptor { get; }

    /// <summary>The task's number; 0 for the system.</summary>
    internal int Number => _number;

    /// <summary>The system as a whole.</summary>
    internal static ProcSubject System => new(0, default, isThread: false, descriptor: -1);

    /// <summary>A process, by its first task, or a task.</summary>
    internal static ProcSubject Of(Task task, bool isThread) => new(task.Pid, task.StartTime, isThread, descriptor: -1);

    /// <summary>A descriptor of the same task.</summary>
    internal ProcSubject WithDescriptor(int descriptor) => new(_number, _startTime, IsThread, descriptor);

    /// <summary>Finds the task.</summary>
    /// <returns>False if it is gone, or if there never was one; else the caller has a use of it.</returns>
    internal bool TryGetTask(out Task task)
    {
        task = null!;
        if (_number == 0 || !TaskTable.TryFind(_number, out task))
            return false;
        if (task.StartTime == _startTime)
            return true;

        task.Put(); // another one with the same number
        return false;
    }

    /// <summary>Whether the task is gone.</summary>
    /// <remarks>Context: any that may take a spin lock.</remarks>
    internal bool IsGone => _number != 0 && !TaskTable.IsThere(_number, _startTime);

    /// <summary>Whether the calling thread may look into a task: its memory, its files (Linux: <c>ptrace_may_access</c>).</summary>
    internal static bool MayInspect(Task task)
    {
        UserThread? caller = Task.Current.User;
        UserThread? target = task.User;
        if (caller is null || target is null || caller.Process == target.Process || caller.Credentials.IsPrivileged)
            return true;

        uint user = caller.Credentials.FileUserId;
        ref readonly Credentials owner = ref target.Credentials;
        return user == owner.UserId && user == owner.EffectiveUserId && user == owner.SavedUserId;
    }
}

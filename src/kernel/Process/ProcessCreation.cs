// Making tasks: fork, vfork, clone, clone3.
//
//   check flags ─▶ thread, task ─▶ memory, files, handlers: shared or copied ─▶ Publish: visible, in the tree ─▶ runs
//                                  └─ any failure: given up in the opposite order
//
// Source: clone(2); POSIX.1-2017, fork().
using Commence.Abi;
using Commence.Fs;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Processes;

/// <summary>What a new task is to be like.</summary>
internal struct CloneRequest
{
    internal CloneFlags Flags;

    /// <summary>What its parent gets when it ends; none for no signal.</summary>
    internal Signal ExitSignal;

    /// <summary>Its stack pointer; null: that of its maker.</summary>
    internal UserAddr StackPointer;

    internal UserAddr ParentTid;
    internal UserAddr ChildTid;
    internal ulong Tls;

    internal readonly bool Has(CloneFlags flag) => (Flags & flag) != 0;
}

/// <summary>Makes threads and processes.</summary>
internal static class ProcessCreation
{
    private const CloneFlags Namespaces = CloneFlags.CLONE_NEWNS | CloneFlags.CLONE_NEWCGROUP | CloneFlags.CLONE_NEWUTS
        | CloneFlags.CLONE_NEWIPC | CloneFlags.CLONE_NEWUSER | CloneFlags.CLONE_NEWPID | CloneFlags.CLONE_NEWNET;

    private const CloneFlags Unsupported = CloneFlags.CLONE_PIDFD | CloneFlags.CLONE_PTRACE | CloneFlags.CLONE_INTO_CGROUP;

    /// <summary>Makes a task that goes on where the caller is.</summary>
    /// <param name="request">What it is like.</param>
    /// <param name="registers">The caller's.</param>
    /// <returns>Its number; EINVAL, ENOMEM, EAGAIN, ENOSYS for what is not there yet, ERESTARTNOINTR's place is taken by EAGAIN.</returns>
    /// <remarks>Context: system call. Sleeps: with CLONE_VFORK until the child has let go of the memory.</remarks>
    internal static Result<int> Clone(in CloneRequest request, in TrapFrame registers)
    {
        Errno error = Check(in request);
        if (error != Errno.None)
            return error;

        UserThread self = UserThread.Current;
        error = TaskLimit.TryAddTask(self, out UserAccount account);
        if (error != Errno.None)
            return error;

        error = TryMake(self, in request, account, out UserThread child);
        if (error != Errno.None)
            return error;

        child.Start = registers;
        child.Start.ReturnValue = 0;
        if (!request.StackPointer.IsNull)
            child.Start.StackPointer = request.StackPointer.Value;
        if (request.Has(CloneFlags.CLONE_SETTLS))
            child.Task.Context.UserThreadPointer = request.Tls;

        VforkWait? wait = null;
        if (request.Has(CloneFlags.CLONE_VFORK))
        {
            wait = VforkWait.TryMake();
            if (wait is null)
            {
                GiveUp(child);
                return Errno.ENOMEM;
            }

            child.Vfork = wait;
        }

        int number = child.Tid;
        if (request.Has(CloneFlags.CLONE_PARENT_SETTID))
            _ = new UserPtr<int>(request.ParentTid).TryWrite(number); // Linux too lets a bad address fail silently
        error = Publish(self, child, in request);
        if (error != Errno.None)
        {
            child.Vfork = null;
            wait?.Abandon();
            GiveUp(child);
            return error;
        }

        Scheduler.WakeUpNew(child.Task);
        wait?.Wait();
        return number;
    }

    /// <summary>Makes the first process part of the world, in a group and session with number 0.</summary>
    /// <remarks>Context: boot. Fails: panics if there is no memory.</remarks>
    internal static void PublishFirst(UserThread thread, Session session)
    {
        Process process = thread.Process;
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        ProcessGroup? group = ProcessGroup.TryMake(leader: null, session);
        Bug.On(group is null);
        process.Pid = thread.Tid;
        process.Leader = thread;
        thread.Task.Get();
        process.Group = group!;
        group!.Members.AddLast(process);
        using IrqSpinLock.Guard signals = process.SignalLock.Lock();
        process.Threads.AddLast(thread);
    }

    private static Errno Check(in CloneRequest request)
    {
        if (request.Has(Namespaces) || request.Has(Unsupported))
            return Errno.ENOSYS;
        if (request.Has(CloneFlags.CLONE_THREAD) && !request.Has(CloneFlags.CLONE_SIGHAND))
            return Errno.EINVAL;
        if (request.Has(CloneFlags.CLONE_SIGHAND) && !request.Has(CloneFlags.CLONE_VM))
            return Errno.EINVAL;
        if (request.Has(CloneFlags.CLONE_SIGHAND) && request.Has(CloneFlags.CLONE_CLEAR_SIGHAND))
            return Errno.EINVAL;
        if (request.Has(CloneFlags.CLONE_SETTLS) && request.Tls >= AddressLayout.UserEnd.Value)
            return Errno.EPERM;
        return request.ExitSignal > Signal.Last ? Errno.EINVAL : Errno.None;
    }

    // The account has counted the new thread already: whoever frees the thread takes that back.
    private static Errno TryMake(UserThread self, in CloneRequest request, UserAccount account, out UserThread child)
    {
        child = null!;
        Errno error = TryMakeProcess(self, in request, out Process process);
        if (error != Errno.None)
        {
            account.RemoveTask();
            return error;
        }

        UserThread? thread = UserThread.TryMake(process);
        process.Put(); // the thread has its own use; a new process's first use is the tree's, which it does not have yet
        if (thread is null)
        {
            account.RemoveTask();
            return Errno.ENOMEM;
        }

        thread.Account = account;
        error = Task.TryCreate(self.Task.Name, thread, out Task task);
        if (error != Errno.None)
        {
            thread.Free();
            return error;
        }

        thread.Attach(task);
        task.Memory = process.Memory;
        task.Memory!.GetReference();
        task.AddFlags(TaskFlags.ForkedNoExec);
        task.InheritScheduling(self.Task);
        task.Context.CopyUserFrom(ref self.Task.Context);
        child = thread;
        error = Inherit(self, thread, in request);
        if (error != Errno.None)
            GiveUp(thread);
        return error;
    }

    // A use for the caller, of the same process or of a new one.
    private static Errno TryMakeProcess(UserThread self, in CloneRequest request, out Process process)
    {
        process = self.Process;
        if (request.Has(CloneFlags.CLONE_THREAD))
        {
            process.Get();
            return Errno.None;
        }

        if (!TryGetHandlers(self.Process, in request, out SignalHandlers? handlers))
            return Errno.ENOMEM;
        if (!TryGetMemory(self, in request, out AddressSpace? memory))
        {
            handlers!.Put();
            return Errno.ENOMEM;
        }

        Process? made = Process.TryMake(handlers!, memory);
        if (made is null)
        {
            handlers!.Put();
            memory!.PutReference();
            return Errno.ENOMEM;
        }

        File? program = self.Process.GetProgram();
        made.SetProgram(program);
        made.ExitSignal = request.ExitSignal;
        using (self.Process.SignalLock.Lock())
            made.Limits = self.Process.Limits;
        process = made;
        return Errno.None;
    }

    private static bool TryGetHandlers(Process parent, in CloneRequest request, out SignalHandlers? handlers)
    {
        handlers = parent.Handlers;
        if (request.Has(CloneFlags.CLONE_SIGHAND))
        {
            handlers.Get();
            return true;
        }

        handlers = parent.Handlers.TryCopy();
        if (handlers is not null && request.Has(CloneFlags.CLONE_CLEAR_SIGHAND))
            handlers.Reset(forgetsIgnored: false);
        return handlers is not null;
    }

    private static bool TryGetMemory(UserThread self, in CloneRequest request, out AddressSpace? memory)
    {
        memory = self.Task.Memory!;
        if (!request.Has(CloneFlags.CLONE_VM))
            return memory.TryFork(out memory);

        memory.GetReference();
        return true;
    }

    private static Errno Inherit(UserThread self, UserThread child, in CloneRequest request)
    {
        child.Credentials = self.Credentials;
        child.Blocked = self.Blocked;
        if (!request.Has(CloneFlags.CLONE_VM) || request.Has(CloneFlags.CLONE_VFORK))
            child.AlternateStack = self.AlternateStack;
        if (request.Has(CloneFlags.CLONE_CHILD_SETTID))
            child.SetTid = request.ChildTid;
        if (request.Has(CloneFlags.CLONE_CHILD_CLEARTID))
            child.ClearTid = request.ChildTid;

        child.Files = Share(self.Files!, request.Has(CloneFlags.CLONE_FILES));
        child.FileSystemView = Share(self.FileSystemView!, request.Has(CloneFlags.CLONE_FS));
        return child.Files is null || child.FileSystemView is null ? Errno.ENOMEM : Errno.None;
    }

    private static FileTable? Share(FileTable table, bool isShared)
    {
        if (!isShared)
            return table.TryCopy();

        table.Get();
        return table;
    }

    private static FsContext? Share(FsContext context, bool isShared)
    {
        if (!isShared)
            return context.TryCopy();

        context.Get();
        return context;
    }

    // Makes the task part of the world. Fails if the maker is about to end, or if a signal comes first: it would otherwise be
    // the first and not the second that a signal to the group misses.
    private static Errno Publish(UserThread self, UserThread child, in CloneRequest request)
    {
        Process process = child.Process;
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        using IrqSpinLock.Guard signals = self.Process.SignalLock.Lock();
        if (self.Process.IsExiting || (self.Process.ExecThread is not null && self.Process.ExecThread != self))
            return Errno.EAGAIN;

        if (request.Has(CloneFlags.CLONE_THREAD))
        {
            child.Task.Tgid = process.Pid;
            process.Threads.AddLast(child);
            if (process.IsStopping)
                child.Task.AddWork(TaskWork.Signal); // it stops before its first instruction
            return Errno.None;
        }

        process.Get(); // the tree's
        process.Pid = child.Tid;
        process.Leader = child;
        child.Task.Get();
        Process parent = request.Has(CloneFlags.CLONE_PARENT) ? self.Process.Parent ?? self.Process : self.Process;
        process.Parent = parent;
        parent.Children.AddLast(process);
        process.Group = self.Process.Group;
        process.Group.Get();
        process.Group.Members.AddLast(process);
        process.HasLeftTerminal = self.Process.HasLeftTerminal;
        process.Threads.AddLast(child);
        return Errno.None;
    }

    // Frees a task that was made and not published.
    private static void GiveUp(UserThread child)
    {
        child.Files?.Put();
        child.Files = null;
        child.FileSystemView?.Put();
        child.FileSystemView = null;
        AddressSpace? memory = child.Task.Memory;
        child.Task.Memory = null;
        memory?.PutReference();
        child.Task.Discard(); // with the last use of the task the thread goes, and with it its use of the process
    }
}

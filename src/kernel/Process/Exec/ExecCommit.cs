// The second half of execve: the old program goes, the new one is in its place. Nothing here fails once the other threads have
// ended and what is shared has been copied.
using Commence.Abi;
using Commence.Fs;
using Commence.Locking;
using Commence.Mm;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Processes;

/// <summary>Commits a new program.</summary>
internal static class ExecCommit
{
    /// <summary>Puts a program in the place of the caller's.</summary>
    /// <returns>ENOMEM or EAGAIN, after which nothing has changed; none.</returns>
    internal static Errno Run(in NewProgram program, ref TrapFrame registers)
    {
        UserThread self = UserThread.Current;
        Process process = self.Process;
        Errno error = Unshare(self, out FileTable? files, out SignalHandlers? handlers);
        if (error == Errno.None)
            error = EndOtherThreads(self);
        if (error != Errno.None)
        {
            files?.Put();
            handlers?.Put();
            return error;
        }

        ReplaceShared(self, files, handlers);
        ReplaceMemory(self, program.Memory!);
        process.SetProgram(program.File);
        process.Handlers.Reset(forgetsIgnored: false);
        self.AlternateStack = new AlternateStack { Flags = AlternateStack.SS_DISABLE };
        self.Restart = default;
        self.Credentials = program.Credentials;
        self.Task.SetName(program.Name.Text);
        self.Task.RemoveFlags(TaskFlags.ForkedNoExec);
        using (ProcessTree.Lock.Lock())
        {
            process.HasExecuted = true;
            process.ExitSignal = Signal.SIGCHLD;
        }

        using (process.SignalLock.Lock())
            process.Arguments = program.Arguments;
        self.Files!.CloseOnExec();
        self.Task.Context.UserThreadPointer = 0;
        self.Task.Context.ResetUser();
        registers = SignalFrame.FirstRegisters(program.Start, program.StackPointer);
        return Errno.None;
    }

    // What other processes share with this one is copied before: that can fail.
    private static Errno Unshare(UserThread self, out FileTable? files, out SignalHandlers? handlers)
    {
        files = null;
        handlers = null;
        if (self.Files!.IsShared)
        {
            files = self.Files.TryCopy();
            if (files is null)
                return Errno.ENOMEM;
        }

        if (!self.Process.Handlers.IsShared)
            return Errno.None;

        handlers = self.Process.Handlers.TryCopy();
        return handlers is null ? Errno.ENOMEM : Errno.None;
    }

    private static Errno EndOtherThreads(UserThread self)
    {
        Process process = self.Process;
        using (process.SignalLock.Lock())
        {
            if (process.IsExiting || process.ExecThread is not null)
                return Errno.EAGAIN; // this thread is to end anyway
            if (process.Threads.Count == 1)
                return Errno.None;

            process.ExecThread = self;
            SignalSender.EndOthers(process, self);
        }

        IsAlone condition = new(process);
        bool isAlone = process.ThreadQueue.WaitKillable(ref condition) == WaitResult.Met;
        using (process.SignalLock.Lock())
            process.ExecThread = null;
        if (!isAlone)
            return Errno.EAGAIN;

        if (process.Leader != self)
            BecomeLeader(self);
        return Errno.None;
    }

    // The process keeps its number: the thread that is left takes it over from the first one, which has ended.
    private static void BecomeLeader(UserThread self)
    {
        Process process = self.Process;
        UserThread old = process.Leader;
        using (ProcessTree.Lock.Lock())
        {
            TaskTable.ExchangeNumbers(self.Task, old.Task);
            process.Leader = self;
            self.Task.Get();
            process.Group.MoveNumberHolder(old.Task, self.Task);
            process.Group.Session.MoveNumberHolder(old.Task, self.Task);
        }

        TaskTable.Remove(old.Task);
        old.Task.Put();
    }

    private static void ReplaceShared(UserThread self, FileTable? files, SignalHandlers? handlers)
    {
        if (files is not null)
        {
            FileTable before = self.Files!;
            using (self.Lock.Lock())
                self.Files = files;
            before.Put();
        }

        if (handlers is null)
            return;

        SignalHandlers shared = self.Process.Handlers;
        using (self.Process.SignalLock.Lock())
            self.Process.Handlers = handlers;
        shared.Put();
    }

    // The old memory is told of, then exchanged, then given up: by the process, and by the thread.
    private static void ReplaceMemory(UserThread self, AddressSpace memory)
    {
        MemoryRelease.Tell(self);
        AddressSpace? old = self.Task.Memory;
        memory.GetReference();
        MemoryRelease.Load(self.Task, memory);
        AddressSpace? before = MemoryRelease.Exchange(self.Process, memory);
        if (before is not null)
            before.PutReference();
        if (old is not null)
            old.PutReference();
        MemoryRelease.TellParent(self);
    }

    private readonly struct IsAlone(Process process) : IWaitCondition
    {
        public bool IsMet()
        {
            using IrqSpinLock.Guard guard = process.SignalLock.Lock();
            return process.Threads.Count == 1;
        }
    }
}

// Letting go of an address space: when a thread ends, and when execve gives it another.
using Commence.Arch;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;
using Commence.Sched;

namespace Commence.Processes;

/// <summary>Leaves memory behind.</summary>
internal static class MemoryRelease
{
    /// <summary>Tells whoever waits for this thread by its memory: joiners, robust locks, a parent in vfork.</summary>
    /// <remarks>Context: thread, with the old memory still loaded.</remarks>
    internal static void Tell(UserThread self)
    {
        RobustList.Release(self);
        if (!self.ClearTid.IsNull)
        {
            // Only if somebody else can see it. Linux lets a bad address fail silently, and so do we.
            if (new UserPtr<int>(self.ClearTid).TryWrite(0))
                _ = Futex.Wake(self.ClearTid, countMax: 1, uint.MaxValue, isPrivate: false); // nobody may wait
            self.ClearTid = default;
        }
    }

    /// <summary>Ends a vfork: the parent goes on.</summary>
    internal static void TellParent(UserThread self)
    {
        VforkWait? wait = self.Vfork;
        self.Vfork = null;
        wait?.Complete();
    }

    /// <summary>Leaves the memory when the thread ends.</summary>
    /// <param name="self">The calling thread.</param>
    /// <param name="isLast">The process gives it up as well.</param>
    internal static void LeaveForGood(UserThread self, bool isLast)
    {
        Tell(self);
        AddressSpace? memory = self.Task.Memory;
        Load(self.Task, null);
        if (memory is not null)
            memory.PutReference();
        if (isLast)
            Exchange(self.Process, null)?.PutReference();
        TellParent(self);
    }

    /// <summary>Gives a process another memory, or none.</summary>
    /// <param name="memory">The process takes over the caller's use.</param>
    /// <returns>What it had before, whose use is the caller's now.</returns>
    internal static AddressSpace? Exchange(Process process, AddressSpace? memory)
    {
        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        AddressSpace? before = process.Memory;
        process.Memory = memory;
        return before;
    }

    /// <summary>Exchanges the memory of the running thread; the caller then owns the use that the thread had of the old one.</summary>
    internal static void Load(Task task, AddressSpace? memory)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        task.Memory = memory;
        AddressSpace.Switch(memory);
    }
}

// What processes have used, while they run.
using Commence.Abi;
using Commence.Locking;
using Commence.Mm;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Syscalls;

/// <summary>Sums over the threads of a process.</summary>
internal static class Accounting
{
    /// <summary>What a process has used so far: threads that have ended, and those that run.</summary>
    internal static UsedResources Used(Process process)
    {
        UsedResources used;
        using (process.SignalLock.Lock())
        {
            used = process.Ended;
            foreach (UserThread thread in process.Threads)
                used.Add(thread.Task);
        }

        AddMemory(process, ref used);
        return used;
    }

    /// <summary>What the children used that were waited for.</summary>
    internal static UsedResources Children(Process process)
    {
        using IrqSpinLock.Guard guard = ProcessTree.Lock.Lock();
        return process.Waited;
    }

    /// <summary>Processor time of a process, exactly.</summary>
    internal static Nanoseconds ProcessTime(Process process)
    {
        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        ulong sum = process.Ended.RuntimeNs;
        foreach (UserThread thread in process.Threads)
            sum += thread.Task.Runtime.Value;
        return new Nanoseconds(sum);
    }

    private static void AddMemory(Process process, ref UsedResources used)
    {
        AddressSpace? memory = process.GetMemory();
        if (memory is null)
            return;

        VmStatistics statistics = memory.ReadStatistics();
        memory.PutReference();
        used.MinorFaults += statistics.MinorFaults;
        used.MajorFaults += statistics.MajorFaults;
        if (statistics.ResidentPeakPages > used.ResidentMaxPages)
            used.ResidentMaxPages = statistics.ResidentPeakPages;
    }
}

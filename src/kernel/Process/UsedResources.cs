// What threads have used, summed up.
using Commence.Abi;
using Commence.Sched;

namespace Commence.Processes;

/// <summary>Processor time, switches and faults of one or several threads.</summary>
internal struct UsedResources
{
    internal ulong UserNs;
    internal ulong SystemNs;
    internal ulong RuntimeNs;     // exact; the two above are counted in ticks
    internal ulong VoluntarySwitches;
    internal ulong InvoluntarySwitches;
    internal ulong MinorFaults;
    internal ulong MajorFaults;
    internal ulong ResidentMaxPages;

    /// <summary>Adds what a thread has used so far.</summary>
    internal void Add(Task task)
    {
        UserNs += task.UserTime.Value;
        SystemNs += task.SystemTime.Value;
        RuntimeNs += task.Runtime.Value;
        VoluntarySwitches += task.VoluntarySwitches;
        InvoluntarySwitches += task.InvoluntarySwitches;
    }

    internal void Add(in UsedResources other)
    {
        UserNs += other.UserNs;
        SystemNs += other.SystemNs;
        RuntimeNs += other.RuntimeNs;
        VoluntarySwitches += other.VoluntarySwitches;
        InvoluntarySwitches += other.InvoluntarySwitches;
        MinorFaults += other.MinorFaults;
        MajorFaults += other.MajorFaults;
        if (other.ResidentMaxPages > ResidentMaxPages)
            ResidentMaxPages = other.ResidentMaxPages;
    }

    /// <summary>The same as programs see it.</summary>
    internal readonly ResourceUsage ToUsage() => new()
    {
        UserTime = Timeval.From(new Nanoseconds(UserNs)),
        SystemTime = Timeval.From(new Nanoseconds(SystemNs)),
        VoluntarySwitches = (long)VoluntarySwitches,
        InvoluntarySwitches = (long)InvoluntarySwitches,
        MinorFaults = (long)MinorFaults,
        MajorFaults = (long)MajorFaults,
        ResidentMax = (long)ResidentMaxPages * (Limits.PageSizeBytes / 1024),
    };

    /// <summary>User time in ticks of 1/100 s (<c>USER_HZ</c>).</summary>
    internal readonly long UserTicks => (long)(UserNs / TickNs);

    /// <summary>System time in ticks of 1/100 s.</summary>
    internal readonly long SystemTicks => (long)(SystemNs / TickNs);

    internal const ulong TickNs = 10_000_000;
}

// Threads that do a test's work together: one on each processor, or any number anywhere.
//
//   Counting work = new();
//   Crew.RunOnEachCpu(work);          each processor runs work.Run(index) in a thread of its own; returns when all have ended
//
// All begin together: nobody starts before every thread has arrived, since what is tested is what happens at once.
using System.Threading;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;

namespace Commence.Testing;

/// <summary>What each thread of a crew does. Its fields are shared by all of them.</summary>
internal abstract class Work
{
    /// <summary>Runs in each thread.</summary>
    /// <param name="index">0, 1, … : the thread's number, and on RunOnEachCpu the processor's too.</param>
    /// <remarks>Context: thread, preemptible.</remarks>
    internal abstract void Run(int index);
}

/// <summary>One thread of a crew.</summary>
internal sealed class CrewMember : KernelThreadBody
{
    internal Crew Crew = null!;
    internal Work Work = null!;
    internal int Index;
    internal KernelThread Thread = null!;
    internal CrewMember? Next;

    /// <inheritdoc/>
    protected override int Run()
    {
        Crew.AwaitStart();
        Work.Run(Index);
        Crew.Leave();
        return 0;
    }
}

/// <summary>A number of threads that start together.</summary>
internal sealed class Crew
{
    private static int s_alive; // threads of all crews that have not ended their work

    private CrewMember? _first;
    private int _count;
    private int _missing; // threads that have not arrived yet
    private Completion _start;

    /// <summary>Runs the work on each processor at once and waits for all of them.</summary>
    /// <remarks>Context: thread.</remarks>
    internal static void RunOnEachCpu(Work work)
    {
        Crew crew = StartOnEachCpu(work);
        crew.Join();
    }

    /// <summary>Runs the work in a number of threads that the scheduler spreads, and waits for all of them.</summary>
    internal static void RunThreads(Work work, int count)
    {
        Crew crew = StartThreads(work, count);
        crew.Join();
    }

    /// <summary>Begins the work on each processor at once.</summary>
    internal static Crew StartOnEachCpu(Work work)
    {
        Crew crew = new();
        for (int i = 0; i < Processors.Count; i++)
        {
            if (Processors.IsOnline(new CpuId(i)))
                crew.Add(work, i, isBound: true);
        }

        crew.Start();
        return crew;
    }

    /// <summary>Begins the work in a number of threads.</summary>
    internal static Crew StartThreads(Work work, int count)
    {
        Crew crew = new();
        for (int i = 0; i < count; i++)
            crew.Add(work, i, isBound: false);
        crew.Start();
        return crew;
    }

    /// <summary>Adds one thread; none runs before <see cref="Start"/>.</summary>
    internal void Add(Work work, int index, bool isBound)
    {
        CrewMember member = new() { Crew = this, Work = work, Index = index, Next = _first };
        _first = member;
        _count++;
        Interlocked.Increment(ref s_alive);
        Interlocked.Increment(ref _missing);
        member.Thread = isBound
            ? KernelThread.CreateOn(new CpuId(index), member, "crew"u8)
            : KernelThread.Create(member, "crew"u8);
    }

    /// <summary>Lets all begin.</summary>
    internal void Start()
    {
        for (CrewMember? member = _first; member is not null; member = member.Next)
            member.Thread.Start();
    }

    /// <summary>Waits until all have ended, and frees the crew.</summary>
    internal void Join()
    {
        CrewMember? member = _first;
        while (member is not null)
        {
            _ = member.Thread.Join(); // who failed has written it down
            CrewMember? next = member.Next;
            Kmem.Free(member);
            member = next;
        }

        Kmem.Free(this);
    }

    /// <summary>Waits until the threads of all crews have ended their work.</summary>
    /// <returns>False after the deadline.</returns>
    internal static bool TryWaitForAll(Nanoseconds deadline)
    {
        while (Volatile.Read(ref s_alive) != 0)
        {
            if (Clock.Monotonic() > deadline)
                return false;
            Scheduler.Sleep(new Nanoseconds(1_000_000));
        }

        return true;
    }

    /// <summary>The calling thread's work has ended.</summary>
    internal static void Leave() => Interlocked.Decrement(ref s_alive);

    // The last that arrives lets all go.
    internal void AwaitStart()
    {
        if (Interlocked.Decrement(ref _missing) == 0)
            _start.CompleteAll();
        else
            _start.Wait();
    }
}

// Jobs that many processors share (Linux: kernel/padata.c, its multithreaded part).
//
//   DoMultithreaded ─▶ range put up ─▶ works queued, one for each further thread ─▶ the caller takes chunks, as they do
//                                                                                          │ none left
//                   ◀── works given back ◀── each cancelled, or waited for if it runs ◀────┘
//
// Nothing here needs memory once Init has run: a job that finds no work free is done by fewer threads, at worst by its caller
// alone. For the same reason a job may start another one. Who has not begun when the last chunk is taken is not waited for.
//
// Lock: s_lock protects the list of free works; a leaf.
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;

namespace Commence.Workqueues;

/// <summary>Work in parallel.</summary>
public static class Padata
{
    private static IrqSpinLock s_lock;
    private static IntrusiveList<PadataWork, PadataWork.Linked> s_free;

    /// <summary>Makes a work for each processor but one (Linux: <c>padata_init</c>).</summary>
    /// <remarks>Context: pid 1, once. Fails: says that there is no memory; jobs have fewer threads.</remarks>
    public static void Init()
    {
        for (int made = 1; made < Processors.Count; made++)
        {
            if (!Kmem.TryNew(out PadataWork work))
            {
                Printk.Warning($"padata: no memory for more than {made} threads");
                return;
            }

            Put(work);
        }
    }

    /// <summary>Works through a range with several threads, the caller's among them (Linux: <c>padata_do_multithreaded</c>).</summary>
    /// <returns>How many threads could take part.</returns>
    /// <remarks>Context: thread. When it returns, all is done, what was written is seen, and nobody touches the job any more. Sleeps:
    /// as long as chunks run that others took. Fails: never; without free works the caller does all of it.</remarks>
    public static int DoMultithreaded(PadataJob job)
    {
        Preempt.MightSleep();
        int wanted = job.Open(Scheduler.ActiveCpus.Count);
        IntrusiveList<PadataWork, PadataWork.Linked> helpers = default;
        int threads = 1;
        while (threads < wanted && TryTake(out PadataWork helper))
        {
            helper.Job = job;
            helpers.AddLast(helper);
            bool isQueued = SystemWorkqueues.Unbound.Queue(helper);
            Bug.On(!isQueued); // it was free
            threads++;
        }

        job.TakePart();
        while (helpers.RemoveFirst() is PadataWork helper)
        {
            _ = helper.CancelAndWait(); // true: it has not begun, and there is nothing left for it
            helper.Job = null;
            Put(helper);
        }

        return threads;
    }

    private static bool TryTake(out PadataWork work)
    {
        using IrqSpinLock.Guard guard = s_lock.Lock();
        work = s_free.RemoveFirst()!;
        return work is not null;
    }

    private static void Put(PadataWork work)
    {
        using IrqSpinLock.Guard guard = s_lock.Lock();
        s_free.AddLast(work);
    }
}

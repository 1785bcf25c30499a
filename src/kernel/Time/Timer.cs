// Something to be done later, once: by the tick of the processor that started it, in interrupt context.
//
//   idle ── Start ──▶ pending ── time ──▶ running (OnExpired) ──▶ idle
//                        └── Cancel ──▶ idle        Start is allowed in every state; in OnExpired too
//
// _queue says which processor's queue the timer belongs to, and so which lock protects it. It changes only under the lock of
// the queue that it leaves; so whoever takes the lock of _queue looks again, and starts anew if it changed.
//
// Resolution: a tick (4 ms). A timer never fires early.
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;

namespace Commence.Time;

/// <summary>A one-shot timer (Linux: <c>timer_list</c>). Derive, and put the data into fields.</summary>
public abstract class Timer
{
    internal TreeLink<Timer> Link;
    internal ulong ExpiresNs;
    internal bool IsPendingField;
    private TimerQueue? _queue;

    /// <summary>The time has come.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off. Sleeps: never.</remarks>
    protected internal abstract void OnExpired();

    /// <summary>Whether it is going to fire. A snapshot.</summary>
    public bool IsPending => Volatile.Read(ref IsPendingField);

    /// <summary>Makes it fire when the monotonic clock reaches the deadline, here; a deadline set before no longer counts.</summary>
    /// <remarks>Context: any.</remarks>
    public void Start(Nanoseconds deadline)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        TimerQueue here = TimerQueue.OfThisProcessor(irq.IrqOff);
        while (true)
        {
            TimerQueue home = Volatile.Read(ref _queue) ?? Adopt(here);
            using IrqSpinLock.Guard guard = home.Lock.Lock();
            if (_queue != home)
                continue;

            home.Remove(this);
            // While OnExpired runs, CancelAndWait must find it where it runs: then it stays there.
            if (home == here || home.Running == this)
            {
                ExpiresNs = deadline.Value;
                home.Add(this);
                return;
            }

            Volatile.Write(ref _queue, here);
        }
    }

    /// <summary>Makes it not fire. OnExpired may be running on another processor meanwhile.</summary>
    /// <returns>True if it was pending.</returns>
    /// <remarks>Context: any.</remarks>
    public bool Cancel() => TryCancel(out _);

    /// <summary>Makes it not fire, and waits for OnExpired if that runs: afterwards the timer may be freed.</summary>
    /// <returns>True if it was pending.</returns>
    /// <remarks>Context: thread; not under a lock that OnExpired takes. The wait ends when OnExpired does, a few microseconds.</remarks>
    public bool CancelAndWait()
    {
        Bug.On(PerCpuArea.InterruptDepth != 0); // it could be its own OnExpired, which would wait for itself
        while (true)
        {
            bool wasPending = TryCancel(out bool isRunning);
            if (!isRunning)
                return wasPending;
            Cpu.Relax();
        }
    }

    private bool TryCancel(out bool isRunning)
    {
        while (true)
        {
            TimerQueue? home = Volatile.Read(ref _queue);
            isRunning = false;
            if (home is null)
                return false; // never started

            using IrqSpinLock.Guard guard = home.Lock.Lock();
            if (_queue != home)
                continue;

            isRunning = home.Running == this;
            return home.Remove(this);
        }
    }

    private TimerQueue Adopt(TimerQueue here) => Interlocked.CompareExchange(ref _queue, here, null) ?? here;
}

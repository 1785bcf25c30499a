// A counter of things to be had; who finds none sleeps (Linux: struct semaphore).

namespace Commence.Sched;

/// <summary>A counting semaphore. All-zero: nothing to be had.</summary>
/// <remarks>A struct to be embedded; never in a <c>readonly</c> field.</remarks>
[NoCopy]
public struct Semaphore
{
    // A completion counts events, and each waiter takes one: that is a semaphore.
    internal Completion Events;
}

/// <summary>Taking and giving.</summary>
public static class SemaphoreExtensions
{
    /// <summary>Waits for one and takes it (Linux: <c>down</c>).</summary>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    public static void Take(this ref Semaphore semaphore) => semaphore.Events.Wait();

    /// <summary>Waits for one, or for a signal (Linux: <c>down_interruptible</c>).</summary>
    /// <remarks>Context: thread. Sleeps: may. Fails: <see cref="WaitResult.Interrupted"/>.</remarks>
    public static WaitResult TakeInterruptible(this ref Semaphore semaphore) => semaphore.Events.WaitInterruptible();

    /// <summary>Gives one (Linux: <c>up</c>).</summary>
    /// <remarks>Context: any.</remarks>
    public static void Give(this ref Semaphore semaphore) => semaphore.Events.Complete();
}

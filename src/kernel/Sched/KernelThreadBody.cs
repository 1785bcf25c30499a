namespace Commence.Sched;

/// <summary>What a kernel thread does. Derive, put the data into fields, and hand it to <see cref="KernelThread.Create"/>.</summary>
public abstract class KernelThreadBody
{
    /// <summary>Runs as the new thread; its return ends the thread with the status that it returns.</summary>
    /// <remarks>Context: thread, preemptible. IRQs: on. Sleeps: may.</remarks>
    protected internal abstract int Run();
}

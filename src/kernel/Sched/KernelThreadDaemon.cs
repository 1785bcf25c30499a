namespace Commence.Sched;

/// <summary>The parent of all kernel threads, pid 2 (Linux: <c>kthreadd</c>): it buries dead tasks.</summary>
public sealed class KernelThreadDaemon : KernelThreadBody
{
    /// <summary>Its number, since it is made right after pid 1.</summary>
    public const int Pid = 2;

    /// <summary>Makes and starts it.</summary>
    /// <remarks>Context: boot, directly after pid 1 was made.</remarks>
    public static void Start()
    {
        KernelThread thread = KernelThread.Run(new KernelThreadDaemon(), "kthreadd"u8);
        Bug.On(thread.Task.Pid != Pid);
        thread.Detach();
    }

    /// <inheritdoc/>
    protected internal override int Run()
    {
        Reaper.Work();
        return 0;
    }
}

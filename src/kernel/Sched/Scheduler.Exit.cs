// The end of a task: it switches away and never comes back; whoever runs next on its processor hands it to the reaper.
using System.Diagnostics.CodeAnalysis;
using Commence.Locking;

namespace Commence.Sched;

public static partial class Scheduler
{
    /// <summary>Ends the calling task (Linux: <c>do_exit</c>'s last part, <c>do_task_dead</c>).</summary>
    /// <param name="code">What a joiner gets.</param>
    /// <remarks>Context: thread, holding nothing. Never returns. A user task's memory, files and signals have been given up before.</remarks>
    [DoesNotReturn]
    public static void Exit(int code)
    {
        Preempt.MightSleep();
        Task self = Task.Current;
        Bug.On(self.IsIdle);
        self.AddFlags(TaskFlags.Exiting);
        if (self.IsKernelThread)
            self.ExitCode = code;
        self.Thread?.OnExit(code);

        // From here on no preemption: a dead task that is preempted would never be switched back to.
        PerCpuArea.DisablePreemption();
        self.SetState(TaskState.Dead);
        Switch(SwitchReason.GaveUp);
        Bug.Unreachable();
    }
}

// What a task has to do with processes: its user side, and the memory that it runs in.
using Commence.Mm;
using Commence.Processes;

namespace Commence.Sched;

public sealed partial class Task
{
    /// <summary>Its user side; null for a kernel thread. Fixed from before it first runs (pid 1: before it leaves the kernel).</summary>
    internal UserThread? User;

    /// <summary>The address space that is loaded while it runs; null for a kernel thread. Written by the task itself.</summary>
    internal AddressSpace? Memory;

    static partial void OnSwitchMemory(Task previous, Task next) => AddressSpace.Switch(next.Memory);

    partial void OnRelease() => User?.Free();
}

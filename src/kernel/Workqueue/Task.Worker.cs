// What a task is for its pool.
using Commence.Workqueues;

namespace Commence.Sched;

public sealed partial class Task
{
    /// <summary>The worker that it is, if it is one. Written by the task itself.</summary>
    internal Worker? Worker;
}

// The pools of a processor.
using Commence.Workqueues;

namespace Commence.Smp;

public sealed partial class Processor
{
    /// <summary>Its pools. Written before the processor's first work.</summary>
    internal WorkerPool? WorkerPool;

    internal WorkerPool? HighPriorityWorkerPool;
}

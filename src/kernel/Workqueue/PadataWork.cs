using Commence.Lib;

namespace Commence.Workqueues;

/// <summary>One thread's part in a job, beside the caller's (Linux: <c>struct padata_work</c>).</summary>
internal sealed class PadataWork : Work
{
    private ListLink<PadataWork> _link;

    /// <summary>The job; set while the work is not pending and does not run.</summary>
    internal PadataJob? Job;

    /// <inheritdoc/>
    protected internal override void Run() => Job!.TakePart();

    /// <summary>The list of those that are free, or of those that one job has.</summary>
    internal new readonly struct Linked : ILinked<PadataWork>
    {
        public static ref ListLink<PadataWork> Link(PadataWork item) => ref item._link;
    }
}

using Commence.Memory;
using Commence.Workqueues;

namespace Commence.Init;

/// <summary>Runs initcalls beside whoever called for help, once; then it is gone.</summary>
internal sealed class InitcallHelper : Work
{
    internal InitcallRunner Runner = null!;

    /// <inheritdoc/>
    protected internal override void Run()
    {
        Runner.Help();
        Kmem.Free(this); // last: while it runs, a new helper in the same memory would pass for this one, and wait for its end
    }
}

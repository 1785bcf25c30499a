using Commence.Lib;
using Commence.Workqueues;

namespace Commence.Init;

/// <summary>Runs initcalls beside pid 1.</summary>
internal sealed class InitcallHelper : Work
{
    private ListLink<InitcallHelper> _link;

    internal InitcallRunner Runner = null!;

    /// <inheritdoc/>
    protected internal override void Run() => Runner.Help(this);

    /// <summary>The runner's list of helpers that have nothing to do.</summary>
    internal new readonly struct Linked : ILinked<InitcallHelper>
    {
        public static ref ListLink<InitcallHelper> Link(InitcallHelper item) => ref item._link;
    }
}

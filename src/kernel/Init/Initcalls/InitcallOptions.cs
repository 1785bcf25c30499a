namespace Commence.Init;

/// <summary>How initcalls are run.</summary>
internal readonly struct InitcallOptions
{
    /// <summary>Independent ones at the same time (<c>initcall.parallel=</c>).</summary>
    internal bool IsParallel { get; init; }

    /// <summary>Each is announced and timed (<c>initcall_debug</c>).</summary>
    internal bool IsDebug { get; init; }

    /// <summary>One that runs for longer is reported (<c>initcall.bound=</c>).</summary>
    internal ulong BoundNs { get; init; }
}

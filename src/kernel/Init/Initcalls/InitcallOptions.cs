namespace Commence.Init;

/// <summary>How initcalls are run.</summary>
internal readonly struct InitcallOptions
{
    /// <summary>Independent ones at the same time, if one of them takes its time (<c>initcall.parallel=</c>).</summary>
    internal bool IsParallel { get; init; }

    /// <summary>How long one may keep others waiting before another processor is asked to help.</summary>
    internal ulong PatienceNs { get; init; }

    /// <summary>Each is announced and timed (<c>initcall_debug</c>).</summary>
    internal bool IsDebug { get; init; }

    /// <summary>One that runs for longer is reported (<c>initcall.bound=</c>).</summary>
    internal ulong BoundNs { get; init; }
}

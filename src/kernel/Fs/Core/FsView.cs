// From where, and as whom, paths are looked up.
namespace Commence.Fs;

/// <summary>The tree, a process's place in it, and whose permissions count.</summary>
public readonly ref struct FsView
{
    private readonly ref readonly Credentials _who;

    public FsView(MountTable mounts, FsContext context, in Credentials who)
    {
        Mounts = mounts;
        Context = context;
        _who = ref who;
    }

    public MountTable Mounts { get; }

    public FsContext Context { get; }

    public ref readonly Credentials Who => ref _who;

    /// <summary>Starts a walk.</summary>
    /// <param name="start">Where a relative path begins; its use is taken over. No place: the current directory.</param>
    /// <param name="path">The path; it must stay as long as the walk.</param>
    /// <param name="flags">AllowEmpty matters here.</param>
    /// <param name="walk">The walk; dispose it, whatever the answer.</param>
    public Errno Begin(Path start, System.ReadOnlySpan<byte> path, WalkFlags flags, out PathWalk walk)
    {
        walk = new PathWalk(Mounts, in _who);
        return walk.Begin(Context.GetRoot(), start.IsNull ? Context.GetCurrent() : start, path, flags);
    }
}

// A place in the tree of all mounted file systems.
namespace Commence.Fs;

/// <summary>An entry and the mount through which it was reached (Linux: <c>struct path</c>).</summary>
/// <remarks>A pair of references. Whoever keeps one counts it: <see cref="Get"/> and <see cref="Put"/>.</remarks>
public readonly struct Path
{
    private readonly Mount? _mount;
    private readonly Dentry? _dentry;

    public Path(Mount mount, Dentry dentry)
    {
        _mount = mount;
        _dentry = dentry;
    }

    /// <summary>There is no place.</summary>
    public bool IsNull => _dentry is null;

    public Mount Mount => _mount!;

    public Dentry Dentry => _dentry!;

    /// <summary>The file itself.</summary>
    public Inode Inode => _dentry!.Inode;

    /// <summary>Counts one more user.</summary>
    /// <returns>The same place.</returns>
    public Path Get()
    {
        _mount!.Get();
        _dentry!.Get();
        return this;
    }

    /// <summary>Ends one use; does nothing for no place.</summary>
    public void Put()
    {
        _dentry?.Put();
        _mount?.Put();
    }

    public static bool operator ==(Path left, Path right) => left._dentry == right._dentry && left._mount == right._mount;

    public static bool operator !=(Path left, Path right) => !(left == right);
}

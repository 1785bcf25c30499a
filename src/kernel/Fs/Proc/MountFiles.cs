// /proc/PID/mounts and mountinfo: what is mounted where, as the reader sees it.
//
// What was mounted has no name of its own, as there are no devices: the kind of file system stands in its place.
// Source: Linux man-pages, fstab(5), proc_pid_mounts(5), proc_pid_mountinfo(5).
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>A file with a line for each mount.</summary>
internal abstract class MountListFile : ProcFile
{
    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        if (!Kmalloc.TryAllocate(PathWalk.LengthMax, out KBuffer room))
            return Errno.ENOMEM;

        Path root = PlaceLink.GetCallersRoot();
        Mount? mount = RootFs.Mounts.GetNext(null);
        while (mount is not null)
        {
            AppendMount(ref text, mount, root, room.Span);
            Mount? next = RootFs.Mounts.GetNext(mount);
            mount.Put();
            mount = next;
        }

        root.Put();
        room.Free();
        return Errno.None;
    }

    /// <summary>Writes a line.</summary>
    /// <param name="mount">The mount.</param>
    /// <param name="parent">The mount below it; itself for the first.</param>
    /// <param name="place">Where it is.</param>
    protected abstract void AppendLine(ref TextWriter text, Mount mount, Mount parent, scoped ReadOnlySpan<byte> place);

    /// <summary>Writes the flags of a mount, separated by commas.</summary>
    protected static void AppendFlags(ref TextWriter text, MountFlags flags)
    {
        text.Append((flags & MountFlags.ReadOnly) != 0 ? "ro"u8 : "rw"u8);
        if ((flags & MountFlags.NoSetUserId) != 0)
            text.Append(",nosuid"u8);
        if ((flags & MountFlags.NoDevices) != 0)
            text.Append(",nodev"u8);
        if ((flags & MountFlags.NoExecute) != 0)
            text.Append(",noexec"u8);
        text.Append(",relatime"u8);
    }

    private void AppendMount(ref ProcText text, Mount mount, Path root, Span<byte> room)
    {
        mount.Get();
        mount.Root.Get();
        Path top = new(mount, mount.Root);
        if (PathText.TryFormat(RootFs.Mounts, top, root, room, out ReadOnlySpan<byte> place) == Errno.None)
        {
            Path covered = RootFs.Mounts.GetCovered(mount);
            AppendLine(ref text.Out, mount, covered.IsNull ? mount : covered.Mount, place);
            covered.Put();
            text.EndRecord();
        }

        top.Put();
    }
}

/// <summary><c>mounts</c>: in the form of fstab.</summary>
internal sealed class MountsFile : MountListFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "mounts"u8;

    /// <inheritdoc/>
    protected override void AppendLine(ref TextWriter text, Mount mount, Mount parent, scoped ReadOnlySpan<byte> place)
    {
        text.Append($"{mount.FileSystem.TypeName} ");
        ProcFormat.AppendEscaped(ref text, place);
        text.Append($" {mount.FileSystem.TypeName} ");
        AppendFlags(ref text, mount.Flags);
        text.Append(" 0 0\n"u8);
    }
}

/// <summary><c>mountinfo</c>: with numbers of mounts, and the part of the file system that is seen.</summary>
internal sealed class MountInfoFile : MountListFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "mountinfo"u8;

    /// <inheritdoc/>
    protected override void AppendLine(ref TextWriter text, Mount mount, Mount parent, scoped ReadOnlySpan<byte> place)
    {
        DeviceNumber device = mount.FileSystem.Device;
        text.Append($"{mount.Id} {parent.Id} {device.Major}:{device.Minor} ");
        AppendSeenPart(ref text, mount);
        text.Append((byte)' ');
        ProcFormat.AppendEscaped(ref text, place);
        text.Append((byte)' ');
        AppendFlags(ref text, mount.Flags);
        text.Append($" - {mount.FileSystem.TypeName} {mount.FileSystem.TypeName} {((mount.Flags & MountFlags.ReadOnly) != 0 ? "ro"u8 : "rw"u8)}\n");
    }

    private static void AppendSeenPart(ref TextWriter text, Mount mount)
    {
        if (mount.Root == mount.FileSystem.Root || !Kmalloc.TryAllocate(PathWalk.LengthMax, out KBuffer room))
        {
            text.Append((byte)'/');
            return;
        }

        int end = room.Length;
        if (mount.FileSystem.Dentries.TryFormatPath(mount.Root, mount.FileSystem.Root, room.Span, ref end))
            ProcFormat.AppendEscaped(ref text, room.Span[end..]);
        room.Free();
    }
}

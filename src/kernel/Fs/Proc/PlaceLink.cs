// /proc/PID/cwd, root and exe: links to places, which lead there even when the place has no name any more.
//
// Source: Linux man-pages, proc_pid_cwd(5), proc_pid_root(5), proc_pid_exe(5).
using System;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>Which place.</summary>
internal enum PlaceKind
{
    CurrentDirectory,
    Root,
    Program,
}

/// <summary>A link to a place of a process.</summary>
internal sealed class PlaceLink : ProcLink
{
    private const int PathLengthMax = PathWalk.LengthMax;

    private readonly PlaceKind _kind;

    internal PlaceLink(PlaceKind kind) => _kind = kind;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _kind switch
    {
        PlaceKind.CurrentDirectory => "cwd"u8,
        PlaceKind.Root => "root"u8,
        _ => "exe"u8,
    };

    internal override Result<int> Read(ProcSubject subject, Span<byte> buffer)
    {
        Result<Path> place = Follow(subject);
        if (!place.IsOk)
            return place.Error == Errno.ENXIO ? Errno.ENOENT : place.Error;

        Result<int> length = Format(place.Value, buffer);
        place.Value.Put();
        return length;
    }

    /// <remarks>A kernel thread has no such places. ENOENT would mean to follow the text of the link.</remarks>
    internal override Result<Path> Follow(ProcSubject subject)
    {
        if (!subject.TryGetTask(out Task task))
            return Errno.ESRCH;

        Result<Path> place = ProcSubject.MayInspect(task) ? GetPlace(task.User) : Errno.EACCES;
        task.Put();
        return place;
    }

    /// <summary>Writes the path of a place as the caller sees it.</summary>
    /// <param name="place">The place, in use.</param>
    /// <param name="buffer">Gets the text at its start; what does not fit is cut off.</param>
    internal static Result<int> Format(Path place, Span<byte> buffer)
    {
        if (!Kmalloc.TryAllocate(PathLengthMax, out KBuffer room))
            return Errno.ENOMEM;

        Path root = GetCallersRoot();
        Errno error = PathText.TryFormat(RootFs.Mounts, place, root, room.Span, out ReadOnlySpan<byte> text);
        int length = Math.Min(text.Length, buffer.Length);
        text[..length].CopyTo(buffer);
        root.Put();
        room.Free();
        return error == Errno.None ? length : Errno.ENAMETOOLONG;
    }

    /// <summary>The root of whoever asks, with a use for the caller.</summary>
    internal static Path GetCallersRoot()
    {
        FsContext? view = Task.Current.User?.GetFileSystemView();
        Path root = (view ?? RootFs.Context).GetRoot();
        view?.Put();
        return root;
    }

    private Result<Path> GetPlace(UserThread? thread)
    {
        if (_kind == PlaceKind.Program)
            return GetProgram(thread);

        FsContext? view = thread?.GetFileSystemView();
        if (view is null)
            return Errno.ENXIO;

        Path place = _kind == PlaceKind.Root ? view.GetRoot() : view.GetCurrent();
        view.Put();
        return place;
    }

    private static Result<Path> GetProgram(UserThread? thread)
    {
        File? program = thread?.Process.GetProgram();
        if (program is null)
            return Errno.ENXIO;

        Path place = program.Path.Get();
        program.Put();
        return place;
    }
}

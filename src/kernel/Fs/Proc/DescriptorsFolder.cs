// /proc/PID/fd: a link for each descriptor, to the file itself; /proc/PID/fdinfo: what there is to know of it.
//
// Source: Linux man-pages, proc_pid_fd(5), proc_pid_fdinfo(5).
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>The descriptors of a process, by number.</summary>
internal sealed class DescriptorsFolder : ProcFolder
{
    private readonly bool _isInformation;
    private readonly ProcEntry _descriptor;

    internal DescriptorsFolder(bool isInformation)
    {
        _isInformation = isInformation;
        _descriptor = isInformation ? new DescriptorInformation() : new DescriptorLink();
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _isInformation ? "fdinfo"u8 : "fd"u8;

    /// <inheritdoc/>
    public override uint Mode => FileMode.Directory | ReadOwner | 0x40;

    internal override ProcEntry? Find(ref ProcSubject subject, scoped ReadOnlySpan<byte> name)
    {
        if (!TryParseNumber(name, out int number))
            return null;

        ProcSubject descriptor = subject.WithDescriptor(number);
        File? file = GetFile(descriptor);
        if (file is null)
            return null;

        file.Put();
        subject = descriptor;
        return _descriptor;
    }

    internal override bool List(ProcSubject subject, ref DirectoryCursor cursor)
    {
        FileTable? files = GetFiles(subject);
        if (files is null)
            return true;

        int number = (int)Math.Max(0, Math.Min(cursor.Position - DirectoryCursor.FirstPosition, FileTable.CountMax));
        bool hasRoom = true;
        while (hasRoom && (number = files.FindOpen(number)) >= 0)
        {
            ulong inode = ProcInode.NumberOf(_descriptor, subject.WithDescriptor(number));
            hasRoom = TryAddNumber(ref cursor, number, inode, _descriptor.Mode, DirectoryCursor.FirstPosition + number + 1);
            number++;
        }

        files.Put();
        return hasRoom;
    }

    /// <summary>The file of a descriptor, with a use for the caller; null if there is none, or the caller may not know.</summary>
    internal static File? GetFile(ProcSubject subject)
    {
        FileTable? files = GetFiles(subject);
        File? file = files?.Get(subject.Descriptor);
        files?.Put();
        return file;
    }

    private static FileTable? GetFiles(ProcSubject subject)
    {
        if (!subject.TryGetTask(out Task task))
            return null;

        FileTable? files = ProcSubject.MayInspect(task) ? task.User?.GetFiles() : null;
        task.Put();
        return files;
    }
}

/// <summary>A descriptor as a link to its file.</summary>
internal sealed class DescriptorLink : ProcLink
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => default;

    internal override Result<int> Read(ProcSubject subject, Span<byte> buffer)
    {
        File? file = DescriptorsFolder.GetFile(subject);
        if (file is null)
            return Errno.ENOENT;

        Result<int> read;
        if (file.Path.IsNull)
        {
            TextWriter text = new(buffer);
            file.FormatName(ref text);
            read = text.Length;
        }
        else
        {
            read = PlaceLink.Format(file.Path, buffer);
        }

        file.Put();
        return read;
    }

    internal override Result<Path> Follow(ProcSubject subject)
    {
        File? file = DescriptorsFolder.GetFile(subject);
        if (file is null)
            return Errno.ENXIO; // closed meanwhile

        Result<Path> place = file.Path.IsNull ? Errno.ENOENT : file.Path.Get();
        file.Put();
        return place;
    }
}

/// <summary>What is to know of a descriptor.</summary>
internal sealed class DescriptorInformation : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => default;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        // The text knows its task, not the descriptor: the subject is asked for it.
        File? file = DescriptorsFolder.GetFile(ProcSubject.Of(text.Subject, text.IsThread).WithDescriptor(text.Descriptor));
        if (file is null)
            return Errno.ENOENT;

        uint mount = file.Path.IsNull ? 0 : file.Path.Mount.Id;
        text.Out.Append($"pos:\t{file.Position}\nflags:\t0");
        AppendOctal(ref text.Out, (uint)file.Flags);
        text.Out.Append($"\nmnt_id:\t{mount}\nino:\t{file.Inode?.Number ?? 0}\n");
        file.Put();
        return Errno.None;
    }

    private static void AppendOctal(ref TextWriter text, uint value)
    {
        for (int shift = 30; shift >= 0; shift -= 3)
        {
            if (shift == 0 || value >> shift != 0)
                text.Append((byte)('0' + (value >> shift & 7)));
        }
    }
}

// An open terminal.
using Commence.Abi;
using Commence.Fs;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Terminals;

/// <summary>A terminal as an open file.</summary>
public sealed class TtyFile : File
{
    private const int ReadSide = 0;
    private const int WriteSide = 1;

    /// <summary>The terminal.</summary>
    internal Tty Tty { get; private set; } = null!;

    /// <summary>Opened as the console: hang-ups do not end it, and job control does not stop who reads or writes it.</summary>
    internal bool IsConsole { get; private set; }

    /// <summary>The terminal's count of hang-ups when it was opened.</summary>
    internal uint HangUpsAtOpen { get; private set; }

    /// <inheritdoc/>
    public override bool IsStream => true;

    private bool IsHungUp => !IsConsole && HangUpsAtOpen != Tty.HangUpCount;

    /// <summary>Opens a terminal.</summary>
    /// <param name="tty">The terminal.</param>
    /// <param name="path">Its name.</param>
    /// <param name="flags">How.</param>
    /// <param name="isConsole">Opened as <c>/dev/console</c>.</param>
    /// <returns>A file with one use; EBUSY while another program has the terminal for itself; ENOMEM.</returns>
    internal static Result<TtyFile> Open(Tty tty, Path path, OpenFlags flags, bool isConsole)
    {
        if (tty.IsExclusive && Task.Current.User is { } self && !self.Credentials.IsPrivileged)
            return Errno.EBUSY;
        if (!Kmem.TryNew(out TtyFile file))
            return Errno.ENOMEM;

        file.Initialise(path, flags);
        file.Tty = tty;
        file.IsConsole = isConsole;
        file.HangUpsAtOpen = tty.HangUpCount;
        return file;
    }

    /// <inheritdoc/>
    public override Result<long> Read(ref IoBuffer destination, ref long position) =>
        IsHungUp ? 0L : Tty.Read(ref destination, this);

    /// <inheritdoc/>
    public override Result<long> Write(ref IoBuffer source, ref long position) => Tty.Write(ref source, this);

    /// <inheritdoc/>
    public override Result<long> Ioctl(uint request, ulong argument)
    {
        if (IsHungUp)
            return request == IoctlRequest.TIOCSPGRP ? Errno.ENOTTY : Errno.EIO;
        return TtyIoctl.Do(Tty, this, request, argument);
    }

    /// <inheritdoc/>
    public override PollEvents Poll(PollTable? table)
    {
        table?.Watch(this, ReadSide);
        table?.Watch(this, WriteSide);
        return IsHungUp
            ? PollEvents.Readable | PollEvents.Writable | PollEvents.Always
            : Tty.Poll();
    }

    /// <inheritdoc/>
    public override ref WaitQueue PollQueue(int which) => ref which == ReadSide ? ref Tty.ReadQueue : ref Tty.WriteQueue;

    /// <inheritdoc/>
    public override void ReadAttributes(out Stat attributes)
    {
        base.ReadAttributes(out attributes);
        if (Inode is not null)
            return;

        attributes.Mode = FileMode.CharacterDevice | FileMode.OwnerRead | FileMode.OwnerWrite;
        attributes.SpecialDevice = TtyDevices.Console.Encoded;
        attributes.LinkCount = 1;
        attributes.BlockSize = Limits.PageSizeBytes;
    }

    /// <inheritdoc/>
    public override void FormatName(ref TextWriter text) => text.Append("/dev/console"u8);

    /// <inheritdoc/>
    public override Errno Truncate(long size) => Errno.EINVAL;

    /// <inheritdoc/>
    protected override void Close() => Kmem.Free(this);
}

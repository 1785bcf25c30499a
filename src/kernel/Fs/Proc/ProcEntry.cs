// What stands in /proc and /sys, declared: a name, permissions, and what a read gives.
//
//   ProcEntry ─┬─ ProcFile     text, made anew for each reader       sealed class Uptime : ProcFile { Name, Generate }
//              ├─ ProcLink     leads to a name or to a place
//              └─ ProcFolder   entries that are always there; those derived from it also have some that come and go
//
// Entries are made once, at boot, and never freed. The same entry serves many files: that of each process.
using System;
using System.Threading;
using Commence.Abi;
using Commence.Lib;

namespace Commence.Fs;

/// <summary>A name in /proc, and what is behind it.</summary>
public abstract class ProcEntry
{
    /// <summary>r--r--r--</summary>
    protected const uint ReadAll = 0x124;

    /// <summary>r--------</summary>
    protected const uint ReadOwner = 0x100;

    /// <summary>rw-r--r--</summary>
    protected const uint ReadAllWriteOwner = 0x1A4;

    private static uint s_idLast;

    internal ListLink<ProcEntry> Link;

    /// <summary>Tells entries apart; the low part of inode numbers.</summary>
    internal uint Id { get; } = Interlocked.Increment(ref s_idLast);

    /// <summary>Its name in the folder above.</summary>
    public abstract ReadOnlySpan<byte> Name { get; }

    /// <summary>Type and permission bits.</summary>
    public abstract uint Mode { get; }

    internal readonly struct InFolder : ILinked<ProcEntry>
    {
        public static ref ListLink<ProcEntry> Link(ProcEntry item) => ref item.Link;
    }
}

/// <summary>A file whose contents are text that the kernel writes when somebody reads.</summary>
public abstract class ProcFile : ProcEntry
{
    /// <inheritdoc/>
    public override uint Mode => FileMode.Regular | ReadAll;

    /// <summary>Writes the text.</summary>
    /// <returns>None, or what the read is to fail with.</returns>
    /// <remarks>Context: thread. Sleeps: may. It may be called several times for one read, with more room each time.</remarks>
    public abstract Errno Generate(ref ProcText text);

    /// <summary>Takes what a program writes to the file, all in one piece.</summary>
    /// <param name="text">What was written, without a line end.</param>
    /// <param name="subject">As <see cref="ProcText.Subject"/>.</param>
    public virtual Errno Accept(ReadOnlySpan<byte> text, Sched.Task? subject) => Errno.EIO;

    /// <summary>Takes what a program writes, where it matters which of several things the file is about.</summary>
    /// <param name="text">As <see cref="Accept"/>.</param>
    /// <param name="subject">As <see cref="Accept"/>.</param>
    /// <param name="descriptor">As <see cref="ProcText.Descriptor"/>: sysfs has the processor in it (<see cref="SysCpu"/>).</param>
    internal virtual Errno AcceptAt(ReadOnlySpan<byte> text, Sched.Task? subject, int descriptor) => Accept(text, subject);
}

/// <summary>A symbolic link.</summary>
internal abstract class ProcLink : ProcEntry
{
    /// <inheritdoc/>
    public override uint Mode => FileMode.SymbolicLink | FileMode.ReadWriteExecuteAll;

    /// <summary>Writes where it leads.</summary>
    /// <returns>Length of the text, at the buffer's start.</returns>
    internal abstract Result<int> Read(ProcSubject subject, Span<byte> buffer);

    /// <summary>Goes there, where the text is not enough.</summary>
    /// <returns>The place with a use for the caller; ENOENT if the text says it all.</returns>
    internal virtual Result<Path> Follow(ProcSubject subject) => Errno.ENOENT;
}

// Folders of /proc and /sys.
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Fs;

/// <summary>A folder of entries that are always there.</summary>
public abstract class ProcFolder : ProcEntry
{
    private SpinLock _lock;
    private IntrusiveList<ProcEntry, InFolder> _entries;

    /// <inheritdoc/>
    public override uint Mode => FileMode.Directory | ReadAll | FileMode.AnyExecute;

    /// <summary>Adds an entry, for good.</summary>
    /// <remarks>Context: any that may take a spin lock.</remarks>
    public void Add(ProcEntry entry)
    {
        using SpinLock.Guard guard = _lock.Lock();
        _entries.AddLast(entry);
    }

    /// <summary>Finds an entry.</summary>
    /// <param name="subject">Whom the folder is about; becomes whom the entry is about.</param>
    /// <param name="name">The name.</param>
    /// <returns>Null if there is none.</returns>
    internal virtual ProcEntry? Find(ref ProcSubject subject, scoped ReadOnlySpan<byte> name)
    {
        using SpinLock.Guard guard = _lock.Lock();
        foreach (ProcEntry entry in _entries)
        {
            if (entry.Name.SequenceEqual(name))
                return entry;
        }

        return null;
    }

    /// <summary>Lists entries from the cursor's position on.</summary>
    /// <returns>False if the cursor is full.</returns>
    internal virtual bool List(ProcSubject subject, ref DirectoryCursor cursor)
    {
        long position = DirectoryCursor.FirstPosition;
        for (ProcEntry? entry = Next(null); entry is not null; entry = Next(entry))
        {
            if (position++ < cursor.Position)
                continue;
            if (!cursor.TryAdd(entry.Name, ProcInode.NumberOf(entry, subject), entry.Mode, position))
                return false;
        }

        return true;
    }

    // Entries are never taken out, so that one stays valid without the lock.
    private ProcEntry? Next(ProcEntry? entry)
    {
        using SpinLock.Guard guard = _lock.Lock();
        return entry is null ? _entries.First : _entries.Next(entry);
    }

    /// <summary>Reads a number that stands alone, as names of processes and descriptors are: no sign, no zero in front.</summary>
    internal static bool TryParseNumber(scoped ReadOnlySpan<byte> name, out int number)
    {
        number = 0;
        if (name.IsEmpty || name.Length > 9 || (name[0] == '0' && name.Length > 1))
            return false;

        foreach (byte digit in name)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            number = (number * 10) + (digit - '0');
        }

        return true;
    }

    /// <summary>Adds an entry whose name is a number.</summary>
    internal static bool TryAddNumber(ref DirectoryCursor cursor, int number, ulong inode, uint mode, long nextPosition)
    {
        Span<byte> name = stackalloc byte[12];
        TextWriter text = new(name);
        text.Append(number);
        return cursor.TryAdd(text.Text, inode, mode, nextPosition);
    }
}

/// <summary>A folder that has a name and nothing else to it.</summary>
internal sealed class NamedFolder : ProcFolder
{
    private FileName _name;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _name.Text;

    /// <summary>Makes one, and adds it to another.</summary>
    internal static NamedFolder AddTo(ProcFolder parent, ReadOnlySpan<byte> name)
    {
        NamedFolder folder = new();
        Errno error = FileName.TryMake(name, out folder._name);
        Bug.On(error != Errno.None); // short names take no memory
        parent.Add(folder);
        return folder;
    }
}

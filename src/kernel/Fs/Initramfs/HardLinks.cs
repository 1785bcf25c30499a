// Which files of an archive have further names: members with the same inode, device and type are one file.
using Commence.Firmware.Cpio;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Fs;

/// <summary>The files of one archive that are said to have several names, by their numbers in the archive.</summary>
internal struct HardLinks
{
    private RedBlackTree<LinkedFile, LinkedFile.ByNumber> _files;

    /// <summary>One file, with a use of its first place.</summary>
    private sealed class LinkedFile
    {
        internal ulong Device;
        internal ulong InodeAndType;
        internal Path Place;
        internal TreeLink<LinkedFile> Link;

        internal readonly struct ByNumber : IOrdered<LinkedFile>
        {
            public static ref TreeLink<LinkedFile> Link(LinkedFile item) => ref item.Link;

            public static bool IsBefore(LinkedFile left, LinkedFile right) =>
                left.Device != right.Device ? left.Device < right.Device : left.InodeAndType < right.InodeAndType;

            public static bool IsAugmented => false;

            public static void Summarize(LinkedFile item)
            {
            }
        }
    }

    /// <summary>Finds where the file of an earlier member with the same numbers lies; the table keeps its use of it.</summary>
    internal readonly bool TryFind(in CpioHeader header, out Path place)
    {
        ulong device = DeviceOf(in header);
        ulong number = NumberOf(in header);
        LinkedFile? at = _files.Root;
        while (at is not null && (at.Device != device || at.InodeAndType != number))
        {
            bool isBefore = device != at.Device ? device < at.Device : number < at.InodeAndType;
            at = isBefore
                ? RedBlackTree<LinkedFile, LinkedFile.ByNumber>.Left(at)
                : RedBlackTree<LinkedFile, LinkedFile.ByNumber>.Right(at);
        }

        place = at is null ? default : at.Place;
        return at is not null;
    }

    /// <summary>Remembers where a file lies, with a use of its own.</summary>
    /// <returns>False if there is no memory.</returns>
    internal bool TryAdd(in CpioHeader header, Path place)
    {
        if (!Kmem.TryNew(out LinkedFile file))
            return false;

        file.Device = DeviceOf(in header);
        file.InodeAndType = NumberOf(in header);
        file.Place = place.Get();
        _files.Add(file);
        return true;
    }

    /// <summary>Forgets all of them: the archive is over.</summary>
    internal void Clear()
    {
        LinkedFile? file;
        while ((file = _files.Root) is not null)
        {
            _files.Remove(file);
            Path place = file.Place;
            Kmem.Free(file);
            place.Put();
        }
    }

    private static ulong DeviceOf(in CpioHeader header) => ((ulong)header.DeviceMajor << 32) | header.DeviceMinor;

    private static ulong NumberOf(in CpioHeader header) => ((ulong)header.Type << 32) | header.Inode;
}

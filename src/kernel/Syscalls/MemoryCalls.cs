// Mappings and the heap.
using Commence.Abi;
using Commence.Fs;
using Commence.Mm;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Syscalls;

/// <summary>System calls on memory.</summary>
internal static class MemoryCalls
{
    private const ulong PageMask = Limits.PageSizeBytes - 1;

    private static AddressSpace Memory => Task.Current.Memory!;

    [Syscall("brk", x64: 12, arm64: 214)]
    internal static UserAddr SetBreak(UserAddr wanted) => Memory.SetBreak(wanted);

    [Syscall("mmap", x64: 9, arm64: 222)]
    internal static Result<UserAddr> Map(UserAddr address, ulong length, MapProtection protection, MapFlags flags, int descriptor, ulong offset)
    {
        if ((offset & PageMask) != 0)
            return Errno.EINVAL;
        if ((flags & MapFlags.HugeTlb) != 0)
            return Errno.ENOMEM; // there is no pool of huge pages, which programs take for an answer
        if ((flags & MapFlags.Anonymous) != 0)
            return Memory.Map(address, length, protection, flags, null, 0);

        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        Result<UserAddr> mapped = MapFile(file, address, length, protection, flags, offset);
        file.Put();
        return mapped;
    }

    [Syscall("munmap", x64: 11, arm64: 215)]
    internal static Errno Unmap(UserAddr address, ulong length) => Memory.Unmap(address, length);

    [Syscall("mprotect", x64: 10, arm64: 226)]
    internal static Errno Protect(UserAddr address, ulong length, MapProtection protection) => Memory.Protect(address, length, protection);

    [Syscall("mremap", x64: 25, arm64: 216)]
    internal static Result<UserAddr> Remap(UserAddr address, ulong oldLength, ulong newLength, RemapFlags flags, UserAddr newAddress) =>
        Memory.Remap(address, oldLength, newLength, flags, newAddress);

    [Syscall("madvise", x64: 28, arm64: 233)]
    internal static Errno Advise(UserAddr address, ulong length, MemoryAdvice advice) => Memory.Advise(address, length, advice);

    [Syscall("msync", x64: 26, arm64: 227)]
    internal static Errno Synchronise(UserAddr address, ulong length, int flags)
    {
        const int Asynchronous = 1;
        const int Synchronous = 4;
        const int All = 7;
        if ((address.Value & PageMask) != 0 || (flags & ~All) != 0 || (flags & (Asynchronous | Synchronous)) == (Asynchronous | Synchronous))
            return Errno.EINVAL;
        return IsMapped(address, length) ? Errno.None : Errno.ENOMEM; // files are in memory: mappings are the files
    }

    private static Result<UserAddr> MapFile(File file, UserAddr address, ulong length, MapProtection protection, MapFlags flags, ulong offset)
    {
        bool isShared = (flags & MapFlags.TypeMask) is MapFlags.Shared or MapFlags.SharedValidate;
        if (!file.IsReadable || (isShared && (protection & MapProtection.Write) != 0 && !file.IsWritable))
            return Errno.EACCES;
        bool isNoExecute = !file.Path.IsNull && (file.Path.Mount.Flags & MountFlags.NoExecute) != 0;
        if (isNoExecute && (protection & MapProtection.Execute) != 0)
            return Errno.EPERM;

        Errno error = file.TryMakeMapping(out MemoryObject? source);
        if (error != Errno.None)
            return error;

        MapProtection allowed = MapProtection.Read;
        if (!isShared || file.IsWritable)
            allowed |= MapProtection.Write;
        if (!isNoExecute)
            allowed |= MapProtection.Execute;
        Result<UserAddr> mapped = Memory.Map(address, length, protection, flags, source, offset, allowed);
        source!.PutReference();
        return mapped;
    }

    private static bool IsMapped(UserAddr address, ulong length)
    {
        if (!address.TryAdd(length, out UserAddr end))
            return false;

        UserAddr at = address;
        while (at < end)
        {
            if (!Memory.TryReadArea(at, out VmAreaInfo area) || area.Start > at)
                return false;
            at = area.End;
        }

        return true;
    }
}

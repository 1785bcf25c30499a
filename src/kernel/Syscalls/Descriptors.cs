// What several calls do with descriptors.
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;

namespace Commence.Syscalls;

/// <summary>Descriptors of the calling process.</summary>
internal static class Descriptors
{
    /// <summary>Takes the lowest free descriptor.</summary>
    internal static Result<int> Reserve(bool closeOnExec)
    {
        UserThread self = UserThread.Current;
        return self.Files!.Reserve(0, self.Process.Limit(ResourceKind.OpenFiles), closeOnExec);
    }

    /// <summary>Opens the lowest free descriptor.</summary>
    /// <param name="file">The file, whose use is taken over in any case.</param>
    /// <param name="closeOnExec">execve closes it.</param>
    internal static Result<int> Install(File file, bool closeOnExec)
    {
        Result<int> reserved = Reserve(closeOnExec);
        if (reserved.IsOk)
            UserThread.Current.Files!.Install(reserved.Value, file);
        else
            file.Put();
        return reserved;
    }

    /// <summary>Whether a descriptor is open.</summary>
    /// <returns>EBADF or none.</returns>
    internal static Errno CheckOpen(int descriptor)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return Errno.EBADF;

        file.Put();
        return Errno.None;
    }

    internal static Result<long> SetCloseOnExec(int descriptor, bool closeOnExec) =>
        UserThread.Current.Files!.TrySetCloseOnExec(descriptor, closeOnExec) ? Result.Zero : Errno.EBADF;

    /// <summary>F_SETFL.</summary>
    internal static Result<long> SetFlags(File file, OpenFlags flags)
    {
        // Signals at input and unbuffered transfers are not there: whoever asks for them must be told.
        OpenFlags added = flags & ~file.Flags;
        if ((added & (OpenFlags.O_ASYNC | OpenFlags.O_DIRECT)) != 0)
            return Errno.EINVAL;

        file.ChangeFlags(flags, OpenFlags.Changeable);
        return 0L;
    }

    /// <summary>FIONBIO.</summary>
    internal static Result<long> SetNonblocking(File file, UserPtr<int> argument)
    {
        if (!argument.TryRead(out int isOn))
            return Errno.EFAULT;

        file.ChangeFlags(isOn != 0 ? OpenFlags.O_NONBLOCK : default, OpenFlags.O_NONBLOCK);
        return 0L;
    }
}

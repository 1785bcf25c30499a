// Waiting for descriptors: poll, ppoll, select, pselect6.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Syscalls;

/// <summary>System calls that wait for several files.</summary>
internal static class PollCalls
{
    [Syscall("poll", x64: 7)]
    internal static Result<int> Poll(UserPtr<PollDescriptor> descriptors, uint count, int timeoutMs)
    {
        Nanoseconds deadline = timeoutMs < 0 ? Nanoseconds.MaxValue : Deadlines.After(Nanoseconds.FromMilliseconds((ulong)timeoutMs));
        return PollUntil(descriptors, count, deadline);
    }

    [Syscall("ppoll", x64: 271, arm64: 73)]
    internal static Result<int> PollWithMask(
        UserPtr<PollDescriptor> descriptors, uint count, UserPtr<Timespec> timeout, UserPtr<SignalSet> mask, ulong maskSize)
    {
        Errno error = BeginWait(timeout, mask, maskSize, out Nanoseconds deadline);
        if (error != Errno.None)
            return error;

        Result<int> ready = PollSet.Wait(new UserDescriptors(descriptors, count), deadline);
        WriteLeft(timeout, deadline);
        return EndWait(ready);
    }

    [Syscall("select", x64: 23)]
    internal static Result<int> Select(int count, UserAddr read, UserAddr write, UserAddr except, UserPtr<Timeval> timeout)
    {
        Nanoseconds deadline = Nanoseconds.MaxValue;
        if (!timeout.IsNull)
        {
            if (!timeout.TryRead(out Timeval limit))
                return Errno.EFAULT;
            if (!limit.IsValid)
                return Errno.EINVAL;
            deadline = Deadlines.After(limit.ToTimespec().ToNanoseconds());
        }

        Result<int> ready = SelectUntil(count, read, write, except, deadline);
        if (!timeout.IsNull)
            _ = timeout.TryWrite(Timeval.From(LeftUntil(deadline))); // as in Linux: the result counts more
        return ready.Error == Restart.System ? Restart.NoHandler : ready;
    }

    [Syscall("pselect6", x64: 270, arm64: 72)]
    internal static Result<int> SelectWithMask(
        int count, UserAddr read, UserAddr write, UserAddr except, UserPtr<Timespec> timeout, UserPtr<ulong> maskAndSize)
    {
        UserPtr<SignalSet> mask = default;
        ulong size = SignalSet.SizeBytes;
        if (!maskAndSize.IsNull)
        {
            if (!maskAndSize.TryRead(out ulong address) || !maskAndSize.TryRead(1, out size))
                return Errno.EFAULT;
            mask = new UserPtr<SignalSet>(address);
        }

        Errno error = BeginWait(timeout, mask, size, out Nanoseconds deadline);
        if (error != Errno.None)
            return error;

        Result<int> ready = SelectUntil(count, read, write, except, deadline);
        WriteLeft(timeout, deadline);
        return EndWait(ready);
    }

    /// <summary>poll until a deadline on the monotonic clock; a signal without a handler continues it.</summary>
    internal static Result<int> PollUntil(UserPtr<PollDescriptor> descriptors, uint count, Nanoseconds deadline)
    {
        Result<int> ready = PollSet.Wait(new UserDescriptors(descriptors, count), deadline);
        if (ready.Error != Restart.System)
            return ready;

        RestartBlock block = new()
        {
            Kind = RestartKind.Poll,
            Address = descriptors.Address,
            Value = count,
            Deadline = deadline,
        };
        return RestartBlock.Save(in block);
    }

    private static Errno BeginWait(UserPtr<Timespec> timeout, UserPtr<SignalSet> mask, ulong maskSize, out Nanoseconds deadline)
    {
        deadline = Nanoseconds.MaxValue;
        if (!timeout.IsNull)
        {
            if (!timeout.TryRead(out Timespec limit))
                return Errno.EFAULT;
            if (!limit.IsValid)
                return Errno.EINVAL;
            deadline = Deadlines.After(limit.ToNanoseconds());
        }

        if (mask.IsNull)
            return Errno.None;
        if (maskSize != SignalSet.SizeBytes)
            return Errno.EINVAL;
        if (!mask.TryRead(out SignalSet blocked))
            return Errno.EFAULT;

        SignalDelivery.SuspendBlocked(blocked);
        return Errno.None;
    }

    // Only after an interruption does the mask of the wait stay until a handler has run.
    private static Result<int> EndWait(Result<int> ready)
    {
        if (ready.Error == Restart.System)
            return Restart.NoHandler;

        SignalDelivery.EndSuspension();
        return ready;
    }

    private static void WriteLeft(UserPtr<Timespec> timeout, Nanoseconds deadline)
    {
        if (!timeout.IsNull)
            _ = timeout.TryWrite(Timespec.From(LeftUntil(deadline))); // as in Linux: the result counts more
    }

    private static Nanoseconds LeftUntil(Nanoseconds deadline)
    {
        Nanoseconds now = Time.Clock.Monotonic();
        return deadline > now ? deadline - now : default;
    }

    private static Result<int> SelectUntil(int count, UserAddr read, UserAddr write, UserAddr except, Nanoseconds deadline)
    {
        if (count < 0)
            return Errno.EINVAL;

        count = Math.Min(count, FileTable.CountMax);
        int words = (count + 63) / 64;
        if (!Kmalloc.TryAllocate(Math.Max(words, 1) * sizeof(ulong) * SelectSets.SetCount, out KBuffer room))
            return Errno.ENOMEM;

        SelectSets sets = new(room.Span, count, read, write, except);
        Result<int> ready = sets.TryLoad() ? PollSet.Wait(sets, deadline) : Errno.EFAULT;
        if (ready.IsOk && !sets.TryStore())
            ready = Errno.EFAULT;
        room.Free();
        return ready;
    }
}

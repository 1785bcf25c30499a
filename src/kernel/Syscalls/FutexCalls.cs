// futex in all its forms.
using Commence.Abi;
using Commence.Memory;
using Commence.Processes;
using Commence.Signals;

namespace Commence.Syscalls;

/// <summary>The futex system call.</summary>
internal static class FutexCalls
{
    [Syscall("futex", x64: 202, arm64: 98)]
    internal static Result<int> Futex(UserAddr word, FutexOperation operation, uint value, ulong timeoutOrCount, UserAddr word2, uint value3)
    {
        bool isPrivate = (operation & FutexOperation.PrivateFlag) != 0;
        bool isRealtime = (operation & FutexOperation.ClockRealtimeFlag) != 0;
        FutexOperation command = operation & FutexOperation.CommandMask;
        if (isRealtime && command != FutexOperation.WaitBitset)
            return Errno.ENOSYS;

        switch (command)
        {
            case FutexOperation.Wait:
                return Wait(word, value, uint.MaxValue, isPrivate, new UserPtr<Timespec>(timeoutOrCount), isAbsolute: false, isRealtime);
            case FutexOperation.WaitBitset:
                return Wait(word, value, value3, isPrivate, new UserPtr<Timespec>(timeoutOrCount), isAbsolute: true, isRealtime);
            case FutexOperation.Wake:
                return Processes.Futex.Wake(word, (int)value, uint.MaxValue, isPrivate);
            case FutexOperation.WakeBitset:
                return Processes.Futex.Wake(word, (int)value, value3, isPrivate);
            case FutexOperation.Requeue:
                return Processes.Futex.Requeue(word, (int)value, word2, (int)timeoutOrCount, isPrivate, null);
            case FutexOperation.CompareRequeue:
                return Processes.Futex.Requeue(word, (int)value, word2, (int)timeoutOrCount, isPrivate, value3);
            case FutexOperation.WakeOperation:
                return FutexWakeOperation.Run(word, (int)value, word2, (int)timeoutOrCount, value3, isPrivate);
            default:
                return Errno.ENOSYS; // priority inheritance
        }
    }

    /// <summary>Waits until a deadline on the monotonic clock; a signal without a handler continues the wait.</summary>
    internal static Errno WaitUntil(UserAddr word, uint value, uint mask, bool isPrivate, Nanoseconds deadline)
    {
        Errno error = Processes.Futex.Wait(word, value, mask, isPrivate, deadline);
        if (error != Restart.System || deadline == Nanoseconds.MaxValue)
            return error;

        RestartBlock block = new()
        {
            Kind = RestartKind.Futex,
            Address = word,
            Value = value,
            Mask = mask,
            IsPrivate = isPrivate,
            Deadline = deadline,
        };
        return RestartBlock.Save(in block);
    }

    private static Result<int> Wait(
        UserAddr word, uint value, uint mask, bool isPrivate, UserPtr<Timespec> timeout, bool isAbsolute, bool isRealtime)
    {
        Nanoseconds deadline = Nanoseconds.MaxValue;
        if (!timeout.IsNull)
        {
            if (!timeout.TryRead(out Timespec limit))
                return Errno.EFAULT;
            if (!limit.IsValid)
                return Errno.EINVAL;
            deadline = isAbsolute
                ? Deadlines.At(isRealtime ? ClockId.Realtime : ClockId.Monotonic, limit.ToNanoseconds())
                : Deadlines.After(limit.ToNanoseconds());
        }

        Errno error = WaitUntil(word, value, mask, isPrivate, deadline);
        return error != Errno.None ? error : default(Result<int>);
    }
}

// sigtimedwait: takes a blocked signal without a handler.
using Commence.Locking;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Signals;

/// <summary>Waits for signals.</summary>
internal static class SignalWait
{
    /// <summary>Takes one of these signals, waiting for it if need be.</summary>
    /// <param name="awaited">The signals.</param>
    /// <param name="deadline">On the monotonic clock.</param>
    /// <param name="info">What came.</param>
    /// <returns>EAGAIN at the deadline; EINTR after another signal; none.</returns>
    internal static Errno Wait(SignalSet awaited, Nanoseconds deadline, out SignalInfo info)
    {
        UserThread self = UserThread.Current;
        if (TryTake(self, awaited, out info))
            return Errno.None;

        using (self.Process.SignalLock.Lock())
            self.Awaited = awaited;

        // Awaited signals interrupt the sleep like others; what came is looked at afterwards.
        HasAny condition = new(self, awaited);
        WaitResult result = self.Suspended.WaitInterruptible(ref condition, deadline);
        bool isTaken;
        using (self.Process.SignalLock.Lock())
        {
            self.Awaited = default;
            isTaken = TryTakeLocked(self, awaited, out info);
            SignalDelivery.SetBlockedLocked(self, self.Blocked); // the work bit is true again
        }

        if (isTaken)
            return Errno.None;
        return result == WaitResult.TimedOut ? Errno.EAGAIN : Errno.EINTR;
    }

    private static bool TryTake(UserThread self, SignalSet awaited, out SignalInfo info)
    {
        using IrqSpinLock.Guard guard = self.Process.SignalLock.Lock();
        return TryTakeLocked(self, awaited, out info);
    }

    private static bool TryTakeLocked(UserThread self, SignalSet awaited, out SignalInfo info)
    {
        SignalSet others = SignalSet.All.Except(awaited);
        return self.Pending.TryTake(others, out info) || self.Process.Shared.TryTake(others, out info);
    }

    private readonly struct HasAny(UserThread self, SignalSet awaited) : IWaitCondition
    {
        public bool IsMet()
        {
            using IrqSpinLock.Guard guard = self.Process.SignalLock.Lock();
            return !self.Pending.Set.Union(self.Process.Shared.Set).Intersect(awaited).IsEmpty;
        }
    }
}

// The alarm clock of a process: alarm and setitimer(ITIMER_REAL).
using System.Threading;
using Commence.Locking;
using Commence.Signals;
using Commence.Time;

namespace Commence.Processes;

/// <summary>Sends SIGALRM to its process, once or again and again.</summary>
/// <remarks>_lock protects the deadline and the interval; it is taken before the timer queue's and never with SignalLock.</remarks>
internal sealed class RealTimer : Timer
{
    private Process _process = null!;
    private IrqSpinLock _lock;
    private Nanoseconds _deadline;   // 0: not set
    private Nanoseconds _interval;

    internal void Attach(Process process) => _process = process;

    /// <summary>Sets or stops the timer.</summary>
    /// <param name="delay">0 stops it.</param>
    /// <param name="interval">0: once.</param>
    /// <param name="left">Time that was left before; 0 if it was not set.</param>
    /// <param name="intervalBefore">The interval before.</param>
    internal void Set(Nanoseconds delay, Nanoseconds interval, out Nanoseconds left, out Nanoseconds intervalBefore)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        ReadLocked(out left, out intervalBefore);
        _interval = interval;
        if (delay.Value == 0)
        {
            _deadline = default;
            _ = Cancel(); // if it fires just now, OnExpired finds no deadline
            return;
        }

        _deadline = Clock.Monotonic() + delay;
        Start(_deadline);
    }

    /// <summary>Reads what is left.</summary>
    internal void Read(out Nanoseconds left, out Nanoseconds interval)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        ReadLocked(out left, out interval);
    }

    /// <inheritdoc/>
    protected internal override void OnExpired()
    {
        using (IrqSpinLock.Guard guard = _lock.Lock())
        {
            Nanoseconds now = Clock.Monotonic();
            if (_deadline.Value == 0 || now < _deadline)
                return; // stopped, or set anew, just before

            _deadline = _interval.Value == 0 ? default : NextDeadline(now);
            if (_deadline.Value != 0)
                Start(_deadline);
        }

        _ = SignalSender.SendToProcess(_process, SignalInfo.FromKernel(Signal.SIGALRM)); // one that is pending already is enough
    }

    // Intervals that were missed are left out.
    private Nanoseconds NextDeadline(Nanoseconds now)
    {
        ulong missed = (now - _deadline).Value / _interval.Value;
        return new Nanoseconds(_deadline.Value + ((missed + 1) * _interval.Value));
    }

    private void ReadLocked(out Nanoseconds left, out Nanoseconds interval)
    {
        Nanoseconds now = Clock.Monotonic();
        interval = _interval;
        left = _deadline.Value == 0 ? default
            : _deadline > now ? _deadline - now
            : new Nanoseconds(1000); // due: programs tell "now" from "not set"
    }
}

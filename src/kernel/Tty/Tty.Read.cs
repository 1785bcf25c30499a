// Reading from a terminal.
//
// A read takes bytes as they come, in pieces, until its rule is met (ReadRule) or the line ends. Only one thread reads at a time,
// so that a line goes to one reader.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Abi;
using Commence.Fs;
using Commence.Sched;
using Commence.Signals;
using Commence.Time;

namespace Commence.Terminals;

public sealed partial class Tty
{
    /// <summary>Reads what was typed.</summary>
    /// <returns>Bytes moved; 0 at an end of file, after a hang-up, or when the time of VTIME is over; EAGAIN, EFAULT, EIO for a
    /// background process that cannot be stopped, ERESTARTSYS.</returns>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    internal Result<long> Read(ref IoBuffer destination, TtyFile file)
    {
        Errno error = file.IsConsole ? Errno.None : CheckAccess(Signal.SIGTTIN); // the console never stops its readers
        if (error != Errno.None)
            return error;
        if (!TryEnter(ref _readers, file, out Commence.Sched.Mutex.Guard guard, out error))
            return error;
        using (guard)
            return ReadAlone(ref destination, file);
    }

    private Result<long> ReadAlone(ref IoBuffer destination, TtyFile file)
    {
        ReadRule rule = BeginRead();
        long done = 0;
        Errno error = Errno.None;
        while (destination.Remaining > 0)
        {
            Piece piece = ReadPiece(ref destination);
            done += piece.Moved;
            if (destination.HasFaulted)
            {
                error = Errno.EFAULT;
                break;
            }

            // The rest of a line that is longer than a piece is there: canonical input does not go away by itself.
            bool isDone = piece.IsCanonical ? piece.IsLineDone || (piece.Moved == 0 && done > 0) : done >= rule.Minimum;
            if (isDone)
                break;
            if (piece.Moved > 0)
            {
                rule.OnBytes(Clock.Monotonic());
                continue;
            }

            if (IsHungUp(file) || !TryWaitForInput(in rule, file, out error))
                break;
        }

        return done > 0 || error == Errno.None ? done : error;
    }

    private readonly struct Piece(int moved, bool isCanonical, bool isLineDone)
    {
        internal int Moved { get; } = moved;

        internal bool IsCanonical { get; } = isCanonical;

        internal bool IsLineDone { get; } = isLineDone;
    }

    private ReadRule BeginRead()
    {
        using Commence.Sched.Mutex.Guard guard = _lock.Lock();
        return ReadRule.Begin(in _termios, Clock.Monotonic());
    }

    private Piece ReadPiece(ref IoBuffer destination)
    {
        Chunk chunk = default;
        Span<byte> room = ((Span<byte>)chunk)[..(int)Math.Min(ChunkBytes, destination.Remaining)];
        int count;
        bool isCanonical;
        bool isLineDone;
        using (Commence.Sched.Mutex.Guard guard = _lock.Lock())
        {
            isCanonical = LineDiscipline.IsCanonical(in _termios);
            count = _input.Read(room, in _termios, out isLineDone);
            Publish();
        }

        if (count > 0 || isLineDone)
            _roomQueue.WakeAll();
        int moved = destination.Put(room[..count]);
        return new Piece(moved, isCanonical, isLineDone);
    }

    // False: the read ends with what it has.
    private bool TryWaitForInput(in ReadRule rule, TtyFile file, out Errno error)
    {
        error = Errno.None;
        if (!rule.MayWait)
            return false;
        if (file.IsNonblocking)
        {
            error = Errno.EAGAIN;
            return false;
        }

        HasInput condition = new(this, file);
        WaitResult result = ReadQueue.WaitInterruptible(ref condition, rule.Deadline);
        if (result == WaitResult.Interrupted)
            error = Restart.System;
        return result == WaitResult.Met;
    }

    private static bool TryEnter(ref Commence.Sched.Mutex turn, TtyFile file, out Commence.Sched.Mutex.Guard guard, out Errno error)
    {
        error = file.IsNonblocking ? Errno.EAGAIN : Restart.System;
        return file.IsNonblocking ? turn.TryLock(out guard) : turn.TryLockInterruptible(out guard);
    }

    private readonly struct HasInput(Tty tty, TtyFile file) : IWaitCondition
    {
        public bool IsMet() => Volatile.Read(ref tty._readable) > 0 || tty.IsHungUp(file);
    }
}

// Writing to a terminal.
//
// The bytes of one write are not mixed with those of another. They go out in pieces, between which echo and the kernel log
// have their turn and a signal can end the write.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Abi;
using Commence.Fs;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Terminals;

public sealed partial class Tty
{
    /// <summary>Shows bytes.</summary>
    /// <returns>Bytes moved; EAGAIN while output is stopped; EFAULT, EIO after a hang-up or for a background process that
    /// cannot be stopped, ERESTARTSYS.</returns>
    /// <remarks>Context: thread. Sleeps: may, as long as output is stopped.</remarks>
    internal Result<long> Write(ref IoBuffer source, TtyFile file)
    {
        if (IsHungUp(file))
            return Errno.EIO;

        Errno error = CheckWrite(file);
        if (error != Errno.None)
            return error;
        if (!TryEnter(ref _writers, file, out Commence.Sched.Mutex.Guard guard, out error))
            return error;
        using (guard)
            return WriteAlone(ref source, file);
    }

    /// <summary>Waits until everything written has been sent (tcdrain).</summary>
    /// <returns>ERESTARTSYS or none.</returns>
    /// <remarks>Context: thread. Sleeps: as long as output is stopped.</remarks>
    internal Errno Drain(TtyFile file)
    {
        IsDrained condition = new(this, file);
        if (WriteQueue.WaitInterruptible(ref condition) != WaitResult.Met)
            return Restart.System;

        using Commence.Sched.Mutex.Guard guard = _lock.Lock();
        _gate.Drain();
        return Errno.None;
    }

    private Errno CheckWrite(TtyFile file)
    {
        bool isGuarded;
        using (_lock.Lock())
            isGuarded = (_termios.Local & LocalModes.TOSTOP) != 0;
        return isGuarded && !file.IsConsole ? CheckAccess(Signal.SIGTTOU) : Errno.None;
    }

    private Result<long> WriteAlone(ref IoBuffer source, TtyFile file)
    {
        Chunk storage = default;
        Span<byte> chunk = storage;
        long done = 0;
        Errno error = Errno.None;
        while (source.Remaining > 0 && error == Errno.None)
        {
            int taken = source.Take(chunk);
            int put = 0;
            while (put < taken && error == Errno.None)
            {
                put += Put(chunk[put..taken]);
                if (put < taken)
                    error = WaitForOutput(file);
            }

            done += put;
            if (source.HasFaulted)
                error = Errno.EFAULT;
            else if (error == Errno.None && Task.Current.IsInterrupted(TaskState.Interruptible))
                error = Restart.System;
        }

        return done > 0 || error == Errno.None ? done : error;
    }

    // Processes bytes while there is room for what they may become.
    private int Put(ReadOnlySpan<byte> bytes)
    {
        Chunk pending = default;
        using Commence.Sched.Mutex.Guard guard = _lock.Lock();
        OutputProcessor output = new(_gate, in _termios, _column, pending);
        int done = 0;
        int room = _gate.Room;
        while (done < bytes.Length && room - (done * ExpansionMax) >= ExpansionMax)
            output.Put(bytes[done++]);
        output.Flush();
        _column = output.Column;
        Publish();
        return done;
    }

    private Errno WaitForOutput(TtyFile file)
    {
        if (file.IsNonblocking)
            return Errno.EAGAIN;

        CanWrite condition = new(this, file);
        if (WriteQueue.WaitInterruptible(ref condition) != WaitResult.Met)
            return Restart.System;
        return IsHungUp(file) ? Errno.EIO : Errno.None;
    }

    private readonly struct CanWrite(Tty tty, TtyFile file) : IWaitCondition
    {
        public bool IsMet() =>
            !Volatile.Read(ref tty._isStopped) || OutputGate.SizeBytes - Volatile.Read(ref tty._held) >= ExpansionMax || tty.IsHungUp(file);
    }

    private readonly struct IsDrained(Tty tty, TtyFile file) : IWaitCondition
    {
        public bool IsMet() => Volatile.Read(ref tty._held) == 0 || tty.IsHungUp(file);
    }
}

// A terminal: what lies between a device that people type at and the programs that read and write it (Linux: tty_struct).
//
//   device ─▶ ConsoleInput ─ Receive ─▶ LineDiscipline ─▶ Read ─▶ program
//                                  │ echo          ▲ ReadQueue
//                                  ▼
//   device ◀── OutputGate ◀── OutputProcessor ◀── Write ◀─ program
//
// | what                                           | protected by                                              |
// |------------------------------------------------|-----------------------------------------------------------|
// | input, output, column, settings, size          | _lock                                                     |
// | _readable, _pollMinimum, _held, _hangUps, …    | written under _lock; read without it by waiters and pollers |
// | one reader at a time, one writer at a time     | _readers, _writers                                        |
// | session, foreground group (Tty.JobControl.cs)  | ProcessTree.Lock                                          |
//
// Lock order: _readers or _writers, then _lock, then ProcessTree.Lock. User memory is copied under _readers or _writers only, so
// that a page fault that takes long holds up neither echo nor Ctrl-C.
// Terminals live for ever: the machine has a fixed number of them.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Abi;
using Commence.Fs;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Terminals;

/// <summary>A terminal.</summary>
public sealed partial class Tty : ConsoleInputSink
{
    private const int ChunkBytes = 128;      // moved under one hold of the lock
    private const int ExpansionMax = 8;      // one byte becomes at most this many: a tab
    private const int WritableHeldMax = 256; // a stopped terminal with more than this counts as not writable

    private readonly OutputGate _gate;
    private readonly LineDiscipline _input;

    private Commence.Sched.Mutex _lock;
    private Commence.Sched.Mutex _readers;
    private Commence.Sched.Mutex _writers;

    private Termios _termios;
    private uint _inputSpeed;
    private uint _outputSpeed;
    private WindowSize _size;
    private uint _column;
    private bool _isStoppedByCall; // TCOOFF: START does not undo it

    private int _readable;         // bytes that a reader can have; in canonical mode all or nothing
    private int _pollMinimum;      // so many make the terminal readable for poll
    private int _held;             // bytes in the gate
    private bool _isStopped;
    private bool _hasInputRoom;
    private uint _hangUps;         // how often it hung up: files that are older are dead
    private bool _isExclusive;

    /// <summary>Readers that wait for input, and pollers.</summary>
    internal WaitQueue ReadQueue;

    /// <summary>Writers that wait for output to go on, and pollers.</summary>
    internal WaitQueue WriteQueue;

    private WaitQueue _roomQueue;  // the device's thread, when nobody reads what is typed

    [InlineArray(ChunkBytes)]
    private struct Chunk
    {
        private byte _first;
    }

    /// <summary>A terminal on a device, with the settings of Linux's serial console.</summary>
    public Tty(ConsolePort device, DeviceNumber number)
    {
        _gate = new OutputGate(device);
        _input = new LineDiscipline();
        Device = number;
        TerminalDefaults.Set(out _termios);
        _inputSpeed = _outputSpeed = TerminalSpeed.Of(_termios.Control, 0);
        Publish();
    }

    /// <summary>The number of its device file.</summary>
    public DeviceNumber Device { get; }

    /// <summary>How often it hung up. A file remembers the count of when it was opened.</summary>
    internal uint HangUpCount => Volatile.Read(ref _hangUps);

    /// <summary>TIOCEXCL: only the superuser can open it again.</summary>
    internal bool IsExclusive
    {
        get => Volatile.Read(ref _isExclusive);
        set => Volatile.Write(ref _isExclusive, value);
    }

    /// <summary>Takes what was typed.</summary>
    /// <remarks>Context: thread; one at a time. Sleeps: until there is room for the bytes, if nobody reads.</remarks>
    public override void Receive(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            bytes = bytes[ReceiveSome(bytes)..];
            if (bytes.IsEmpty)
                return;

            HasRoom condition = new(this);
            _roomQueue.WaitIdle(ref condition);
        }
    }

    /// <summary>What a file is ready for.</summary>
    internal PollEvents Poll()
    {
        PollEvents events = PollEvents.None;
        if (Volatile.Read(ref _readable) >= Volatile.Read(ref _pollMinimum))
            events |= PollEvents.Readable;
        if (Volatile.Read(ref _held) < WritableHeldMax)
            events |= PollEvents.Writable;
        return events;
    }

    /// <summary>Bytes that a read could have now (FIONREAD).</summary>
    internal int CountReadable()
    {
        using Commence.Sched.Mutex.Guard guard = _lock.Lock();
        return _input.CountReadable(in _termios);
    }

    /// <summary>Bytes that wait to be sent (TIOCOUTQ).</summary>
    internal int CountHeld() => Volatile.Read(ref _held);

    private int ReceiveSome(ReadOnlySpan<byte> bytes)
    {
        int done = 0;
        using (Commence.Sched.Mutex.Guard guard = _lock.Lock())
        {
            Chunk pending = default;
            OutputProcessor echo = new(_gate, in _termios, _column, pending);
            while (done < bytes.Length && _input.HasRoom(in _termios))
                ReceiveByte(bytes[done++], ref echo);
            echo.Flush();
            _column = echo.Column;
            Publish();
        }

        WakeReaders();
        return done;
    }

    // Under _lock.
    private void ReceiveByte(byte value, ref OutputProcessor echo)
    {
        bool isStopped = _gate.IsStopped;
        Signal signal = _input.Receive(value, in _termios, ref echo, ref isStopped);
        if (signal != Signal.None)
        {
            if ((_termios.Local & LocalModes.NOFLSH) == 0)
                _gate.Discard();
            SignalForeground(signal);
        }

        if (isStopped && !_gate.IsStopped)
        {
            echo.Flush(); // it was typed before
            _gate.Stop();
        }
        else if (!isStopped && _gate.IsStopped && !_isStoppedByCall)
        {
            OpenGate();
        }
    }

    // Under _lock.
    private void OpenGate()
    {
        _gate.Open();
        Publish();
        WriteQueue.WakeAll((uint)PollEvents.Writable);
    }

    // Under _lock, after every change: what waiters and pollers look at without it.
    private void Publish()
    {
        bool isCanonical = LineDiscipline.IsCanonical(in _termios);
        int minimum = _termios.Characters.Get(ControlCharacter.Min);
        bool wantsMany = !isCanonical && minimum > 0 && _termios.Characters.Get(ControlCharacter.Time) == 0;
        Volatile.Write(ref _pollMinimum, wantsMany ? minimum : 1);
        Volatile.Write(ref _readable, isCanonical ? (_input.HasLine ? int.MaxValue : 0) : _input.Count);
        Volatile.Write(ref _held, _gate.HeldCount);
        Volatile.Write(ref _isStopped, _gate.IsStopped);
        Volatile.Write(ref _hasInputRoom, _input.HasRoom(in _termios));
    }

    private void WakeReaders()
    {
        if (Volatile.Read(ref _readable) > 0)
            ReadQueue.WakeAll((uint)PollEvents.Readable);
    }

    private bool IsHungUp(TtyFile file) => !file.IsConsole && HangUpCount != file.HangUpsAtOpen;

    private readonly struct HasRoom(Tty tty) : IWaitCondition
    {
        public bool IsMet() => Volatile.Read(ref tty._hasInputRoom);
    }
}

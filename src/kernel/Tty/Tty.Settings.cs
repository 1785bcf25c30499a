// Settings of a terminal, and what its control calls do (tcsetattr, tcflow, tcflush).
//
// Source: POSIX.1-2017 chapter 11; Linux ioctl_tty(2).
using System.Threading;
using Commence.Abi;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Terminals;

/// <summary>When new settings begin to hold.</summary>
internal enum SettingsChange
{
    /// <summary>TCSETS: at once.</summary>
    Now,

    /// <summary>TCSETSW: after what was written has been sent.</summary>
    AfterOutput,

    /// <summary>TCSETSF: so too, and what was typed is thrown away.</summary>
    AfterOutputWithoutInput,
}

/// <summary>What TCFLSH throws away.</summary>
internal enum FlushSide
{
    Input = 0,
    Output = 1,
    Both = 2,
}

/// <summary>What TCXONC does.</summary>
internal enum FlowAction
{
    StopOutput = 0,
    StartOutput = 1,

    /// <summary>Sends STOP to the other side.</summary>
    StopInput = 2,

    /// <summary>Sends START to the other side.</summary>
    StartInput = 3,
}

public sealed partial class Tty
{
    /// <summary>Reads the settings.</summary>
    internal void GetSettings(out Termios2 settings)
    {
        using Commence.Sched.Mutex.Guard guard = _lock.Lock();
        settings = new Termios2 { Basic = _termios, InputSpeed = _inputSpeed, OutputSpeed = _outputSpeed };
    }

    /// <summary>Changes the settings. The caller has checked that it may.</summary>
    /// <param name="settings">The new ones; the speeds count only where the control modes say so.</param>
    /// <param name="when">When.</param>
    /// <param name="file">The file through which it is asked.</param>
    /// <returns>ERESTARTSYS or none.</returns>
    internal Errno SetSettings(in Termios2 settings, SettingsChange when, TtyFile file)
    {
        if (when == SettingsChange.AfterOutputWithoutInput)
            Flush(FlushSide.Input);
        if (when != SettingsChange.Now)
        {
            Errno error = Drain(file);
            if (error != Errno.None)
                return error;
        }

        using (_lock.Lock())
            ApplySettings(in settings);
        ReadQueue.WakeAll();
        WriteQueue.WakeAll();
        _roomQueue.WakeAll();
        return Errno.None;
    }

    /// <summary>Throws away what was typed or written.</summary>
    internal void Flush(FlushSide side)
    {
        using (_lock.Lock())
        {
            if (side != FlushSide.Output)
                _input.Clear();
            if (side != FlushSide.Input)
                _gate.Discard();
            Publish();
        }

        _roomQueue.WakeAll();
        WriteQueue.WakeAll((uint)PollEvents.Writable);
    }

    /// <summary>Stops or starts a direction.</summary>
    internal void ControlFlow(FlowAction action)
    {
        using Commence.Sched.Mutex.Guard guard = _lock.Lock();
        switch (action)
        {
            case FlowAction.StopOutput:
                _isStoppedByCall = true;
                _gate.Stop();
                Publish();
                break;
            case FlowAction.StartOutput:
                _isStoppedByCall = false;
                OpenGate();
                break;
            case FlowAction.StopInput:
                SendToOtherSide(ControlCharacter.Stop);
                break;
            default:
                SendToOtherSide(ControlCharacter.Start);
                break;
        }
    }

    /// <summary>Reads the size of the screen.</summary>
    internal void GetWindowSize(out WindowSize size)
    {
        using Commence.Sched.Mutex.Guard guard = _lock.Lock();
        size = _size;
    }

    /// <summary>Says how large the screen is; the foreground group learns of a change.</summary>
    internal void SetWindowSize(in WindowSize size)
    {
        using Commence.Sched.Mutex.Guard guard = _lock.Lock();
        if (size.Rows == _size.Rows && size.Columns == _size.Columns && size.PixelsX == _size.PixelsX && size.PixelsY == _size.PixelsY)
            return;

        _size = size;
        SignalForeground(Signal.SIGWINCH);
    }

    // Under _lock.
    private void ApplySettings(in Termios2 settings)
    {
        Termios before = _termios;
        _termios = settings.Basic;
        _outputSpeed = TerminalSpeed.Of(_termios.Control, settings.OutputSpeed);
        _inputSpeed = _outputSpeed; // one clock serves both directions
        _input.OnSettingsChanged(in before, in _termios);

        // Nobody could start it again by a character.
        bool hadFlowControl = (before.Input & InputModes.IXON) != 0;
        bool hasFlowControl = (_termios.Input & InputModes.IXON) != 0;
        if (hadFlowControl && !hasFlowControl && _gate.IsStopped && !_isStoppedByCall)
            _gate.Open();
        Publish();
    }

    // Under _lock. Not held back by STOP, like the other side's own.
    private void SendToOtherSide(ControlCharacter function)
    {
        byte value = _termios.Characters.Get(function);
        if (value != 0)
            _gate.WriteThrough(new System.ReadOnlySpan<byte>(in value));
    }
}

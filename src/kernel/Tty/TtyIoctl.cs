// The requests of ioctl on a terminal.
//
// Source: Linux ioctl_tty(2), TCSETS(2const) and TIOCSCTTY(2const) ff.; Linux UAPI, asm-generic/ioctls.h.
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;
using Commence.Signals;

namespace Commence.Terminals;

/// <summary>Carries out requests.</summary>
internal static class TtyIoctl
{
    /// <summary>Carries out one.</summary>
    /// <returns>0; ENOTTY for what a terminal does not know.</returns>
    internal static Result<long> Do(Tty tty, TtyFile file, uint request, ulong argument) => request switch
    {
        IoctlRequest.TCGETS or IoctlRequest.TCGETS2 => GetSettings(tty, argument, request == IoctlRequest.TCGETS2),
        IoctlRequest.TCSETS => SetSettings(tty, file, argument, SettingsChange.Now),
        IoctlRequest.TCSETSW => SetSettings(tty, file, argument, SettingsChange.AfterOutput),
        IoctlRequest.TCSETSF => SetSettings(tty, file, argument, SettingsChange.AfterOutputWithoutInput),
        IoctlRequest.TCSETS2 => SetSettings2(tty, file, argument, SettingsChange.Now),
        IoctlRequest.TCSETSW2 => SetSettings2(tty, file, argument, SettingsChange.AfterOutput),
        IoctlRequest.TCSETSF2 => SetSettings2(tty, file, argument, SettingsChange.AfterOutputWithoutInput),
        IoctlRequest.TCSBRK or IoctlRequest.TCSBRKP => SendBreak(tty, file, request, argument),
        IoctlRequest.TCXONC => ControlFlow(tty, argument),
        IoctlRequest.TCFLSH => Flush(tty, argument),
        IoctlRequest.TIOCGWINSZ => GetWindowSize(tty, argument),
        IoctlRequest.TIOCSWINSZ => SetWindowSize(tty, argument),
        IoctlRequest.FIONREAD => PutNumber(argument, tty.CountReadable()),
        IoctlRequest.TIOCOUTQ => PutNumber(argument, tty.CountHeld()),
        IoctlRequest.TIOCSTI => Errno.EIO, // nobody types for somebody else
        _ => DoJobControl(tty, file, request, argument),
    };

    private static Result<long> DoJobControl(Tty tty, TtyFile file, uint request, ulong argument)
    {
        switch (request)
        {
            case IoctlRequest.TIOCSCTTY:
                return Result.From(tty.TakeControl(file, steals: argument == 1));
            case IoctlRequest.TIOCNOTTY:
                return Result.From(tty.GiveUpControl());
            case IoctlRequest.TIOCGPGRP:
                return PutNumber(argument, tty.GetForeground());
            case IoctlRequest.TIOCSPGRP:
                return SetForeground(tty, argument);
            case IoctlRequest.TIOCGSID:
                return PutNumber(argument, tty.GetSession());
            case IoctlRequest.TIOCVHANGUP:
                return HangUp(tty);
            case IoctlRequest.TIOCEXCL or IoctlRequest.TIOCNXCL:
                tty.IsExclusive = request == IoctlRequest.TIOCEXCL;
                return 0L;
            case IoctlRequest.TIOCGEXCL:
                return PutNumber(argument, tty.IsExclusive ? 1 : 0);
            case IoctlRequest.TIOCGETD:
                return PutNumber(argument, 0); // N_TTY, the one line discipline
            case IoctlRequest.TIOCGDEV:
                return PutNumber(argument, (int)tty.Device.Encoded);
            case IoctlRequest.TIOCGSERIAL:
                return GetSerial(tty, argument);
            default:
                return Errno.ENOTTY;
        }
    }

    private static Result<long> GetSettings(Tty tty, ulong argument, bool hasSpeeds)
    {
        tty.GetSettings(out Termios2 settings);
        bool isWritten = hasSpeeds
            ? new UserPtr<Termios2>(argument).TryWrite(in settings)
            : new UserPtr<Termios>(argument).TryWrite(in settings.Basic);
        return isWritten ? Result.Zero : Errno.EFAULT;
    }

    private static Result<long> SetSettings(Tty tty, TtyFile file, ulong argument, SettingsChange when)
    {
        Errno error = tty.CheckAccess(Signal.SIGTTOU);
        if (error != Errno.None)
            return error;

        tty.GetSettings(out Termios2 settings);
        if (!new UserPtr<Termios>(argument).TryRead(out settings.Basic))
            return Errno.EFAULT;
        return Result.From(tty.SetSettings(in settings, when, file));
    }

    private static Result<long> SetSettings2(Tty tty, TtyFile file, ulong argument, SettingsChange when)
    {
        Errno error = tty.CheckAccess(Signal.SIGTTOU);
        if (error != Errno.None)
            return error;
        if (!new UserPtr<Termios2>(argument).TryRead(out Termios2 settings))
            return Errno.EFAULT;
        return Result.From(tty.SetSettings(in settings, when, file));
    }

    // A console has nobody at the other end to whom a break would mean something; that output is sent first is what counts.
    private static Result<long> SendBreak(Tty tty, TtyFile file, uint request, ulong argument)
    {
        _ = request; // TCSBRKP differs only in how long the break lasts
        _ = argument; // and TCSBRK by whether there is one
        Errno error = tty.CheckAccess(Signal.SIGTTOU);
        return Result.From(error == Errno.None ? tty.Drain(file) : error);
    }

    private static Result<long> ControlFlow(Tty tty, ulong argument)
    {
        Errno error = tty.CheckAccess(Signal.SIGTTOU);
        if (error != Errno.None)
            return error;
        if (argument > (ulong)FlowAction.StartInput)
            return Errno.EINVAL;

        tty.ControlFlow((FlowAction)argument);
        return 0L;
    }

    private static Result<long> Flush(Tty tty, ulong argument)
    {
        Errno error = tty.CheckAccess(Signal.SIGTTOU);
        if (error != Errno.None)
            return error;
        if (argument > (ulong)FlushSide.Both)
            return Errno.EINVAL;

        tty.Flush((FlushSide)argument);
        return 0L;
    }

    private static Result<long> GetWindowSize(Tty tty, ulong argument)
    {
        tty.GetWindowSize(out WindowSize size);
        return new UserPtr<WindowSize>(argument).TryWrite(in size) ? Result.Zero : Errno.EFAULT;
    }

    private static Result<long> SetWindowSize(Tty tty, ulong argument)
    {
        if (!new UserPtr<WindowSize>(argument).TryRead(out WindowSize size))
            return Errno.EFAULT;

        tty.SetWindowSize(in size);
        return 0L;
    }

    private static Result<long> SetForeground(Tty tty, ulong argument)
    {
        if (!new UserPtr<int>(argument).TryRead(out int number))
            return Errno.EFAULT;
        return Result.From(tty.SetForeground(number));
    }

    private static Result<long> HangUp(Tty tty)
    {
        if (!UserThread.Current.Credentials.IsPrivileged)
            return Errno.EPERM;

        tty.HangUp();
        return 0L;
    }

    private static Result<long> GetSerial(Tty tty, ulong argument)
    {
        const int Type16550A = 4;
        SerialSettings serial = new() { Type = Type16550A, Line = (int)(tty.Device.Minor - DeviceNodes.SerialMinorFirst) };
        return new UserPtr<SerialSettings>(argument).TryWrite(in serial) ? Result.Zero : Errno.EFAULT;
    }

    private static Result<long> PutNumber(ulong argument, int number) =>
        new UserPtr<int>(argument).TryWrite(number) ? Result.Zero : Errno.EFAULT;

    private static Result<long> PutNumber(ulong argument, Result<int> number) =>
        number.IsOk ? PutNumber(argument, number.Value) : number.Error;
}

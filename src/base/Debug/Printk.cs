// The kernel log: messages with a level, a time stamp and a CPU number.
//
// A line on the console reads as Linux's: "[    0.123456] text".
using System;
using System.Runtime.CompilerServices;
using Commence.Debug;
using Commence.Lib;
using Commence.Locking;

namespace Commence;

/// <summary>Severity of a message (Linux: <c>KERN_EMERG</c> to <c>KERN_DEBUG</c>).</summary>
public enum LogLevel
{
    Emergency = 0,
    Alert = 1,
    Critical = 2,
    Error = 3,
    Warning = 4,
    Notice = 5,
    Info = 6,
    Debug = 7,
}

/// <summary>Writes to the kernel log (Linux: <c>printk</c>, <c>pr_info</c> …).</summary>
public static class Printk
{
    private const int PrefixBytes = 40;

    private static IrqSpinLock s_lock;
    private static int s_consoleLevel = (int)LogLevel.Debug; // messages of lower number are shown

    [InlineArray(PrefixBytes + LogMessage.CapacityBytes + 2)]
    private struct Line
    {
        private byte _first;
    }

    /// <summary>Messages with a level below this one are shown on the console (<c>loglevel=</c>).</summary>
    public static int ConsoleLevel
    {
        get => s_consoleLevel;
        set => s_consoleLevel = value;
    }

    public static void Emergency(scoped in LogMessage message) => Write(LogLevel.Emergency, message.Text);

    public static void Alert(scoped in LogMessage message) => Write(LogLevel.Alert, message.Text);

    public static void Critical(scoped in LogMessage message) => Write(LogLevel.Critical, message.Text);

    public static void Error(scoped in LogMessage message) => Write(LogLevel.Error, message.Text);

    public static void Warning(scoped in LogMessage message) => Write(LogLevel.Warning, message.Text);

    public static void Notice(scoped in LogMessage message) => Write(LogLevel.Notice, message.Text);

    public static void Info(scoped in LogMessage message) => Write(LogLevel.Info, message.Text);

    public static void Debug(scoped in LogMessage message) => Write(LogLevel.Debug, message.Text);

    /// <summary>Logs one message.</summary>
    /// <remarks>Context: any.</remarks>
    public static void Write(LogLevel level, scoped ReadOnlySpan<byte> text)
    {
        if ((int)level >= s_consoleLevel)
            return;

        Unsafe.SkipInit(out Line line);
        TextWriter writer = new(line);
        writer.Append($"[{LogClock.Now / 1_000_000_000,5}.{LogClock.Now / 1000 % 1_000_000:d6}] ");
        writer.Append(text);
        writer.Append((byte)'\n');
        using IrqSpinLock.Guard guard = s_lock.Lock();
        ConsoleDevice.Console?.Write(writer.Text);
    }
}

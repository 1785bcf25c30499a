// The kernel log: messages with a level, a time stamp and a CPU number, kept in a ring and shown on the console.
//
//   Printk.Info($"…") ─▶ LogRing (lock-free, any context) ─▶ ConsoleOutput.Flush ─▶ ConsoleDevice
//
// Nothing waits here but for one thing: a writer that would overwrite records that the console has not shown yet first
// helps to show them, unless it is in an NMI or interrupted the very code that does (then the oldest records go, and the
// console says how many).
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Debug;
using Commence.Lib;

namespace Commence;

/// <summary>Writes to the kernel log (Linux: <c>printk</c>, <c>pr_info</c> …).</summary>
/// <remarks>Context: any, NMI included. Sleeps: never.</remarks>
public static class Printk
{
    /// <summary>Records that the log holds; a power of two.</summary>
    private const int RecordCount = 512;

    [InlineArray(RecordCount)]
    private struct Slots
    {
        private LogSlot _first;
    }

    // Apart from statics that begin with a value: one of those would put all statics of its class into the image's file.
    private static class Storage
    {
        internal static Slots Slots;
        internal static ulong Next;
    }

    private static int s_consoleLevel = (int)LogLevel.Debug; // messages of lower number are shown

    /// <summary>The log itself, for readers (console, /dev/kmsg, syslog(2)).</summary>
    public static LogRing Ring => new(ref Storage.Next, Storage.Slots);

    /// <summary>Messages with a level below this one are shown on the console (<c>loglevel=</c>).</summary>
    public static int ConsoleLevel
    {
        get => Volatile.Read(ref s_consoleLevel);
        set => Volatile.Write(ref s_consoleLevel, value);
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
    public static void Write(LogLevel level, scoped ReadOnlySpan<byte> text)
    {
        LogRing ring = Ring;
        ConsoleOutput.BeginWrite();
        ConsoleOutput.MakeRoom(RecordCount);
        ring.Append(level, new Nanoseconds(LogClock.Now), PerCpuArea.Id, text);
        ConsoleOutput.EndWrite();
    }

    /// <summary>Shows everything from now on: the machine stops.</summary>
    internal static void EnterPanic() => ConsoleLevel = (int)LogLevel.Debug + 1;
}

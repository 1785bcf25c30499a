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

    private const int QuietLevel = 4;  // Linux: CONFIG_CONSOLE_LOGLEVEL_QUIET, CONSOLE_LOGLEVEL_DEBUG
    private const int DebugLevel = 10;

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

    /// <summary>The log itself, for readers (console, /dev/kmsg, syslog(2)).</summary>
    public static LogRing Ring => new(ref Storage.Next, Storage.Slots);

    /// <summary>Messages with a level below this one are shown on the console.</summary>
    [KernelParameter("loglevel", Min = 0, Max = DebugLevel, Early = true, Help = "messages of a lower level are shown on the console: 4 errors, 5 warnings, 7 all but debug messages, 8 all")]
    [KernelParameter("quiet", Value = QuietLevel, Early = true, Help = "loglevel=4: show errors and what is worse on the console")]
    [KernelParameter("debug", Value = DebugLevel, Early = true, Help = "loglevel=10: show all messages on the console")]
    public static int ConsoleLevel
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    } = (int)LogLevel.Debug;

    /// <summary>All messages are shown on the console, whatever <see cref="ConsoleLevel"/> says, then or later.</summary>
    [KernelParameter("ignore_loglevel", Early = true, Help = "show all messages on the console, whatever the level says")]
    internal static bool IsLevelIgnored { get; set; }

    /// <summary>Messages begin with the time: on the console, and where programs read the log as text.</summary>
    [KernelParameter("printk.time", Early = true, Help = "show the time of each message; /dev/kmsg gives it in any case")]
    public static bool IsTimeShown { get; internal set; } = true;

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

// Who may write to the console, and what the kernel log shows there.
//
// The console has one owner at a time, held for as long as it takes to show what there is:
//
//   owner word: 0 nobody, else CPU number + 1; taken by compare-and-swap with preemption off
//
// Nobody waits for it to log a message. Whoever finds it taken leaves, and the owner looks at the ring again after it has
// let go, so that no record stays behind: either the owner sees the record, or the writer finds the console free.
// An owner shows a batch at a time: then it leaves the rest to a writer that is on its way here, so that nobody prints for the
// others for ever. It looks for one after it has let go, and a writer looks at the console after it is counted out.
// Programs' output (Write) does wait: its owner runs with preemption off and so lets go soon.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Debug;

/// <summary>The console, shared by the kernel log and the terminal.</summary>
public static class ConsoleOutput
{
    private const uint Nobody = 0;
    private const int PrefixBytes = 32;
    private const int HelpTurnsMax = 1_000_000; // an owner that makes no progress for this long is stuck: lose records, not the machine

    private const int BatchMax = 64; // records that an owner shows before it lets others have the console, and its processor

    private static uint s_owner;
    private static LogCursor s_cursor;        // the owner's
    private static bool s_isInsideLine;       // the owner's: a program's output did not end its line
    private static int s_writers;             // processors between BeginWrite and EndWrite; each will look at the console
    private static ulong s_shown;             // copy of s_cursor.Next for writers that wait for room

    [InlineArray(PrefixBytes)]
    private struct Prefix
    {
        private byte _first;
    }

    [InlineArray(LogRing.RecordTextMax)]
    private struct Text
    {
        private byte _first;
    }

    /// <summary>Shows what the log has and the console has not, unless somebody else is doing so.</summary>
    /// <remarks>Context: any, NMI included.</remarks>
    public static void Flush()
    {
        if (Panic.IsInProgress)
        {
            _ = ShowSome(int.MaxValue); // one processor is left
            return;
        }

        while (HasUnshown() && TryTake())
        {
            bool isRest = !ShowSome(BatchMax);
            Release();
            if (IsBlocked())
                return;
            // While others print without end, so would we show: those who are on their way here take their turn.
            if (isRest && Volatile.Read(ref s_writers) != 0)
                return;
        }
    }

    /// <summary>Writes bytes as they are, in one piece.</summary>
    /// <remarks>Context: thread. Waits for the console's owner.</remarks>
    public static void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        while (!TryTake())
            Cpu.Relax();
        ConsoleDevice.Console?.Write(bytes);
        s_isInsideLine = bytes[^1] != (byte)'\n';
        Release();
        Flush();
    }

    /// <summary>Makes the caller the console's owner whoever had it: all other processors have stopped, perhaps inside it.</summary>
    /// <remarks>Context: shutdown. IRQs: off.</remarks>
    public static void TakeForGood()
    {
        Volatile.Write(ref s_owner, Nobody);
        Flush();
    }

    /// <summary>A record is about to be written; its writer will call <see cref="EndWrite"/>.</summary>
    /// <remarks>Context: any. A full barrier.</remarks>
    internal static void BeginWrite() => Interlocked.Increment(ref s_writers);

    /// <summary>The record is written: shows it, unless somebody else does.</summary>
    internal static void EndWrite()
    {
        // First, then looks at the console: who saw this writer's count had let go of the console before.
        Interlocked.Decrement(ref s_writers);
        Flush();
    }

    /// <summary>Waits until the next record of the log overwrites none that the console has not shown.</summary>
    /// <remarks>Context: any. Returns at once where waiting could never end.</remarks>
    internal static void MakeRoom(int capacity)
    {
        for (int turn = 0; turn < HelpTurnsMax; turn++)
        {
            if (Printk.Ring.End - Volatile.Read(ref s_shown) < (ulong)capacity - Limits.CpuCountMax / 8)
                return;
            if (ConsoleDevice.Console is null || Panic.IsInProgress || Volatile.Read(ref s_owner) == Self)
                return;
            Flush();
            Cpu.Relax();
        }
    }

    private static uint Self => (uint)PerCpuArea.Id.Value + 1;

    private static bool HasUnshown() => ConsoleDevice.Console is not null && Volatile.Read(ref s_shown) != Printk.Ring.End;

    // The next record is not finished; its writer will flush it.
    private static bool IsBlocked() => Volatile.Read(ref s_blockedAt) == Volatile.Read(ref s_shown);

    private static ulong s_blockedAt = ulong.MaxValue; // the owner's: where the last look found an unfinished record

    private static bool TryTake()
    {
        PerCpuArea.DisablePreemption();
        if (Interlocked.CompareExchange(ref s_owner, Self, Nobody) == Nobody)
            return true;
        EnablePreemption();
        return false;
    }

    private static void Release()
    {
        // A full barrier: the ring is looked at after the console is free, never before.
        Interlocked.Exchange(ref s_owner, Nobody);
        EnablePreemption();
    }

    private static void EnablePreemption()
    {
        if (PerCpuArea.EnablePreemption())
            Preempt.ServeWish();
    }

    // Returns false if there may be more than that.
    private static bool ShowSome(int countMax)
    {
        ConsoleDevice? device = ConsoleDevice.Console;
        if (device is null)
            return true;

        Unsafe.SkipInit(out Text text);
        Volatile.Write(ref s_blockedAt, ulong.MaxValue);
        int count = 0;
        while (count < countMax)
        {
            LogReadStatus status = Printk.Ring.Read(ref s_cursor, text, out LogRecord record);
            if (status == LogReadStatus.Empty)
                break;
            if (status == LogReadStatus.InFlight && !Panic.IsInProgress)
            {
                Volatile.Write(ref s_blockedAt, s_cursor.Next);
                break;
            }

            if (status == LogReadStatus.InFlight)
                s_cursor.Skip();
            else
                Show(device, in record, ((ReadOnlySpan<byte>)text)[..record.Length]);
            Volatile.Write(ref s_shown, s_cursor.Next);
            count++;
        }

        Volatile.Write(ref s_shown, s_cursor.Next);
        return count < countMax;
    }

    private static void Show(ConsoleDevice device, in LogRecord record, ReadOnlySpan<byte> text)
    {
        if (s_cursor.Missed != 0)
            ShowMissed(device);
        if ((int)record.Level >= Printk.ConsoleLevel && !Printk.IsLevelIgnored)
            return;

        if (!record.IsContinuation)
        {
            if (s_isInsideLine)
                device.Write("\r\n"u8);
            s_isInsideLine = false;
            if (Printk.IsTimeShown)
                ShowPrefix(device, record.Time);
        }

        device.Write(text);
        if (!record.IsContinued)
            device.Write("\r\n"u8);
    }

    private static void ShowPrefix(ConsoleDevice device, Nanoseconds time)
    {
        Unsafe.SkipInit(out Prefix prefix);
        TextWriter line = new(prefix);
        line.Append($"[{time.Value / 1_000_000_000,5}.{time.Value / 1000 % 1_000_000:d6}] ");
        device.Write(line.Text);
    }

    private static void ShowMissed(ConsoleDevice device)
    {
        Unsafe.SkipInit(out Prefix prefix);
        TextWriter line = new(prefix);
        line.Append($"** {s_cursor.Missed} messages lost **\r\n");
        s_cursor.Missed = 0;
        device.Write(line.Text);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using Commence.Lib;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class LogRingTests
{
    // What the kernel keeps in static fields.
    private sealed class Storage(int slots)
    {
        public ulong Next;
        public readonly LogSlot[] Slots = new LogSlot[slots];
    }

    private readonly struct Line(LogRecord record, string text)
    {
        public LogRecord Record { get; } = record;

        public string Text { get; } = text;
    }

    private static LogRing Ring(Storage storage) => new(ref storage.Next, storage.Slots);

    private static ulong Append(Storage storage, string text, LogLevel level = LogLevel.Info, ulong time = 0, int cpu = 0) =>
        Ring(storage).Append(level, new Nanoseconds(time), new CpuId(cpu), Encoding.UTF8.GetBytes(text));

    private static List<Line> ReadAll(Storage storage, ref LogCursor cursor)
    {
        List<Line> lines = [];
        byte[] text = new byte[LogRing.RecordTextMax];
        while (Ring(storage).Read(ref cursor, text, out LogRecord record) == LogReadStatus.Record)
            lines.Add(new Line(record, Encoding.UTF8.GetString(text.AsSpan(0, record.Length))));
        return lines;
    }

    [Fact]
    public void KeepsWhatWasWritten()
    {
        Storage storage = new(8);
        Assert.Equal(0ul, Append(storage, "first", LogLevel.Warning, 123_456_789, 3));
        Assert.Equal(1ul, Append(storage, ""));

        LogCursor cursor = default;
        List<Line> lines = ReadAll(storage, ref cursor);
        Assert.Equal(["first", ""], lines.Select(x => x.Text));
        LogRecord record = lines[0].Record;
        Assert.Equal((0ul, LogLevel.Warning, 123_456_789ul, 3), (record.Sequence, record.Level, record.Time.Value, record.Cpu.Value));
        Assert.False(record.IsContinuation || record.IsContinued);
        Assert.Equal((2ul, 0ul), (cursor.Next, cursor.Missed));
        Assert.Empty(ReadAll(storage, ref cursor));
    }

    [Fact]
    public void OverwritesTheOldestAndCountsThem()
    {
        Storage storage = new(4);
        for (int i = 0; i < 11; i++)
            Append(storage, $"line {i}");

        LogCursor cursor = default;
        Assert.Equal(["line 7", "line 8", "line 9", "line 10"], ReadAll(storage, ref cursor).Select(x => x.Text));
        Assert.Equal((11ul, 7ul), (cursor.Next, cursor.Missed));
        Assert.Equal((7ul, 11ul), (Ring(storage).Start, Ring(storage).End));
    }

    [Fact]
    public void LongTextGoesOnInTheNextRecords()
    {
        Storage storage = new(8);
        string text = string.Concat(Enumerable.Range(0, 150).Select(i => $"{i} ")); // 490 characters
        Append(storage, text);
        Append(storage, "next");

        LogCursor cursor = default;
        List<Line> lines = ReadAll(storage, ref cursor);
        Assert.Equal(text, string.Concat(lines.Take(3).Select(x => x.Text)));
        Assert.Equal([false, true, true, false], lines.Select(x => x.Record.IsContinuation));
        Assert.Equal([true, true, false, false], lines.Select(x => x.Record.IsContinued));
    }

    [Fact]
    public void TextLongerThanTheRingIsCutOff()
    {
        Storage storage = new(2);
        Append(storage, new string('a', 3 * LogRing.RecordTextMax));
        LogCursor cursor = default;
        Assert.Equal(2 * LogRing.RecordTextMax, ReadAll(storage, ref cursor).Sum(x => x.Text.Length));
    }

    [Fact]
    public void AgreesWithAQueue() =>
        Prop.ForAll<NonNull<int[]>>(steps =>
        {
            const int Capacity = 8;
            Storage storage = new(Capacity);
            List<string> all = [];
            LogCursor cursor = default;
            int read = 0;
            ulong missed = 0;
            foreach (int step in steps.Get)
            {
                if (step % 5 != 0)
                {
                    all.Add($"text {step}");
                    Append(storage, all[^1]);
                    continue;
                }

                int start = Math.Max(read, all.Count - Capacity);
                missed += (ulong)(start - read);
                Assert.Equal(all.Skip(start), ReadAll(storage, ref cursor).Select(x => x.Text));
                Assert.Equal(missed, cursor.Missed);
                read = all.Count;
            }

            return true;
        }).Holds();

    // A writer that is interrupted in the middle of its record, seen from the code that interrupted it. The interrupted
    // writer is played by setting the slot's state as its claim does.
    private static void Interrupt(Storage storage)
    {
        storage.Slots[storage.Next % (ulong)storage.Slots.Length].State = (2 * storage.Next) + 1;
        storage.Next++;
    }

    private static void Resume(Storage storage, ulong sequence, string text)
    {
        ref LogSlot slot = ref storage.Slots[sequence % (ulong)storage.Slots.Length];
        Encoding.UTF8.GetBytes(text).CopyTo((Span<byte>)slot.Text);
        slot.Length = (ushort)text.Length;
        Volatile.Write(ref slot.State, (2 * sequence) + 2);
    }

    [Fact]
    public void AReaderStopsAtARecordInFlight()
    {
        Storage storage = new(4);
        Append(storage, "before");
        Interrupt(storage);
        Append(storage, "nmi");

        LogCursor cursor = default;
        byte[] text = new byte[LogRing.RecordTextMax];
        Assert.Equal(["before"], ReadAll(storage, ref cursor).Select(x => x.Text));
        Assert.Equal(LogReadStatus.InFlight, Ring(storage).Read(ref cursor, text, out _));

        LogCursor panic = cursor; // a panic does not wait
        panic.Skip();
        Assert.Equal(["nmi"], ReadAll(storage, ref panic).Select(x => x.Text));
        Assert.Equal(1ul, panic.Missed);

        Resume(storage, 1, "interrupted");
        Assert.Equal(["interrupted", "nmi"], ReadAll(storage, ref cursor).Select(x => x.Text));
        Assert.Equal(0ul, cursor.Missed);
    }

    [Fact]
    public void AWriterALapAheadOfAnInterruptedOneDropsItsRecord()
    {
        Storage storage = new(4);
        Interrupt(storage); // 0
        for (int i = 1; i < 4; i++)
            Append(storage, $"{i}");
        Append(storage, "4"); // slot 0 is still being written: dropped
        Append(storage, "5");

        LogCursor cursor = default;
        List<Line> lines = ReadAll(storage, ref cursor);
        Assert.Equal(["2", "3", "5"], lines.Select(x => x.Text));
        Assert.Equal([2ul, 3ul, 5ul], lines.Select(x => x.Record.Sequence));
        Assert.Equal(3ul, cursor.Missed); // 0 and 1 overwritten, 4 dropped

        Resume(storage, 0, "late"); // harmless: nobody reads number 0 any more
        for (int i = 6; i < 10; i++)
            Append(storage, $"{i}");
        Assert.Equal(["6", "7", "8", "9"], ReadAll(storage, ref cursor).Select(x => x.Text));
    }

    [Fact]
    public void StorageMustBeAPowerOfTwo()
    {
        Assert.Throws<InvalidOperationException>(() => Ring(new Storage(3)).End);
        Assert.Throws<InvalidOperationException>(() => Ring(new Storage(0)).End);
        Assert.Throws<InvalidOperationException>(() =>
        {
            LogCursor cursor = default;
            Ring(new Storage(2)).Read(ref cursor, new byte[10], out _);
        });
    }

    // Each text says who wrote it, which one it is, and repeats a letter that depends on both: a torn record shows.
    private static string Stamp(int writer, int number) => $"{writer}:{number}:{new string((char)('a' + ((writer + number) % 26)), number % 200)}";

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(1024)]
    public void WritersAndReadersAtOnceLoseAndTearNothing(int slots)
    {
        const int Writers = 3;
        const int Each = 3000;
        Storage storage = new(slots);
        int finished = 0;
        List<Thread> threads = [];
        List<string> failures = [];
        ulong[] accounted = new ulong[2];

        for (int w = 0; w < Writers; w++)
        {
            int writer = w;
            threads.Add(new Thread(() =>
            {
                for (int i = 0; i < Each; i++)
                    Append(storage, Stamp(writer, i), LogLevel.Info, (ulong)i, writer);
                Interlocked.Increment(ref finished);
            }));
        }

        for (int r = 0; r < accounted.Length; r++)
        {
            int reader = r;
            threads.Add(new Thread(() =>
            {
                int[] last = [-1, -1, -1];
                LogCursor cursor = default;
                ulong read = 0;
                ulong expected = 0;
                while (true)
                {
                    // In this order: what is finished before the look is seen by the look.
                    bool isLast = Volatile.Read(ref finished) == Writers;
                    foreach (Line line in ReadAll(storage, ref cursor))
                    {
                        string[] parts = line.Text.Split(':');
                        int writer = int.Parse(parts[0]);
                        int number = int.Parse(parts[1]);
                        bool isGood = line.Text == Stamp(writer, number) && line.Record.Time.Value == (ulong)number
                            && line.Record.Cpu.Value == writer && number > last[writer] && line.Record.Sequence >= expected;
                        if (!isGood)
                        {
                            lock (failures)
                                failures.Add($"{line.Record.Sequence} (expected {expected} or more): {line.Text}");
                        }

                        last[writer] = number;
                        expected = line.Record.Sequence + 1;
                        read++;
                    }

                    if (isLast)
                        break;
                    Thread.Yield();
                }

                accounted[reader] = read + cursor.Missed;
            }));
        }

        threads.ForEach(x => x.Start());
        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "no progress");

        Assert.Empty(failures);
        Assert.Equal((ulong)(Writers * Each), Ring(storage).End);
        Assert.All(accounted, x => Assert.Equal((ulong)(Writers * Each), x));
    }
}

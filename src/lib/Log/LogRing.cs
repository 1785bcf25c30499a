// The kernel log: a ring of records that any context may write to, NMI included, and that overwrites its oldest.
//
// A writer draws sequence numbers with one atomic add; number n lives in slot n mod N. Each slot says where it stands:
//
//        0 ──claim n──▶ 2n+1 ──publish──▶ 2n+2 ──claim n+N──▶ 2(n+N)+1 ──▶ …
//     (never)         (being written)  (readable)
//
// Invariants: a slot's State never decreases; while it is odd only the writer that claimed it touches the slot.
// Nobody waits for anybody:
//   - A writer that finds its slot still being written (by a writer a whole lap behind: it was interrupted, by us perhaps)
//     drops its own record and leaves its number in SkippedEnd, so that readers know and go on.
//   - A reader copies, then looks at State again: if it changed, the copy is void.
// Orderings:
//   writer: claim = compare-exchange (a full barrier: no store of the record passes before it);
//           publish = Volatile.Write (release: no store of the record passes behind it).
//   reader: Volatile.Read of State (acquire), copy, Volatile.ReadBarrier, Volatile.Read of State.
// Text longer than a record takes several in a row, drawn together, so that nothing comes between them.
using System;
using System.Threading;

namespace Commence.Lib;

/// <summary>A window on the log's storage, made anew for each use: it is the two references that it holds.</summary>
/// <remarks>Linux: <c>printk_ringbuffer</c>. All-zero storage is the empty log, so that it may lie in .bss.</remarks>
public readonly ref struct LogRing
{
    /// <summary>Bytes of text in one record.</summary>
    public const int RecordTextMax = 224;

    private readonly ref ulong _next; // the next sequence number to draw
    private readonly Span<LogSlot> _slots;

    /// <summary>Binds to storage that outlives all use of the log.</summary>
    /// <param name="next">Counts the records; 0 at first.</param>
    /// <param name="slots">A power of two of them; all-zero at first.</param>
    public LogRing(ref ulong next, Span<LogSlot> slots)
    {
        Misuse.On(slots.Length == 0 || (slots.Length & (slots.Length - 1)) != 0);
        _next = ref next;
        _slots = slots;
    }

    /// <summary>One above the newest sequence number.</summary>
    public ulong End => Volatile.Read(ref _next);

    /// <summary>The oldest sequence number that is not overwritten.</summary>
    public ulong Start
    {
        get
        {
            ulong end = End;
            ulong capacity = (ulong)_slots.Length;
            return end > capacity ? end - capacity : 0;
        }
    }

    /// <summary>Appends text, in as many records as it needs; what is longer than the whole ring is cut off.</summary>
    /// <returns>The sequence number of the first record.</returns>
    /// <remarks>Context: any, NMI included. Fails: never; a record is dropped if the ring went round once while another
    /// writer was interrupted in the same slot, and readers then count it as missed.</remarks>
    public ulong Append(LogLevel level, Nanoseconds time, CpuId cpu, ReadOnlySpan<byte> text)
    {
        int count = Math.Min(Math.Max(1, (text.Length + RecordTextMax - 1) / RecordTextMax), _slots.Length);
        ulong first = Interlocked.Add(ref _next, (ulong)count) - (ulong)count;
        ReadOnlySpan<byte> rest = text;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> piece = rest[..Math.Min(rest.Length, RecordTextMax)];
            rest = rest[piece.Length..];

            ulong sequence = first + (ulong)i;
            ref LogSlot slot = ref SlotOf(sequence);
            if (!TryClaim(ref slot, sequence))
                continue;

            slot.Time = time.Value;
            slot.Cpu = (ushort)cpu.Value;
            slot.Level = level;
            slot.IsContinuation = i > 0;
            slot.IsContinued = i < count - 1;
            slot.Length = (ushort)piece.Length;
            piece.CopyTo(slot.Text);
            Volatile.Write(ref slot.State, Readable(sequence));
        }

        return first;
    }

    /// <summary>Reads the next record and moves the cursor behind it.</summary>
    /// <param name="cursor">This reader's own; it moves over records that are lost, and counts them.</param>
    /// <param name="text">At least <see cref="RecordTextMax"/> bytes; the record's text is copied to its beginning.</param>
    /// <param name="record">The rest of the record.</param>
    /// <remarks>Context: any. It never waits; it starts over only if writers overwrote what it was reading.</remarks>
    public LogReadStatus Read(ref LogCursor cursor, Span<byte> text, out LogRecord record)
    {
        Misuse.On(text.Length < RecordTextMax);
        record = default;
        while (true)
        {
            // Also how we go on after a record was overwritten under our eyes: whoever claims its slot has drawn a number
            // a lap ahead before, so that this Start lies behind it.
            ulong start = Start;
            if (cursor.Next < start)
            {
                cursor.Missed += start - cursor.Next;
                cursor.Next = start;
            }

            ulong sequence = cursor.Next;
            if (sequence >= End)
                return LogReadStatus.Empty;

            ref LogSlot slot = ref SlotOf(sequence);
            ulong state = Volatile.Read(ref slot.State);
            if (state > Readable(sequence))
                continue;

            if (state < Readable(sequence))
            {
                if (Volatile.Read(ref slot.SkippedEnd) <= sequence)
                    return LogReadStatus.InFlight;
                cursor.Skip();
                continue;
            }

            record = Copy(in slot, sequence, text);
            Volatile.ReadBarrier();
            if (Volatile.Read(ref slot.State) != state)
                continue;

            cursor.Next++;
            return LogReadStatus.Record;
        }
    }

    // The fields may change while we look: the lengths are checked, and the caller discards what it got then.
    private static LogRecord Copy(ref readonly LogSlot slot, ulong sequence, Span<byte> text)
    {
        int length = Math.Min((int)slot.Length, RecordTextMax);
        ReadOnlySpan<byte> source = slot.Text;
        source[..length].CopyTo(text);
        return new LogRecord
        {
            Sequence = sequence,
            Time = new Nanoseconds(slot.Time),
            Cpu = new CpuId(slot.Cpu),
            Level = slot.Level,
            Length = length,
            IsContinuation = slot.IsContinuation,
            IsContinued = slot.IsContinued,
        };
    }

    private static bool TryClaim(ref LogSlot slot, ulong sequence)
    {
        ulong claimed = Readable(sequence) - 1;
        ulong state = Volatile.Read(ref slot.State);
        while (true)
        {
            bool isBeingWritten = (state & 1) != 0;
            if (isBeingWritten || state > claimed)
            {
                RaiseTo(ref slot.SkippedEnd, sequence + 1);
                return false;
            }

            // Each failure means that another writer moved State up, so this ends.
            ulong found = Interlocked.CompareExchange(ref slot.State, claimed, state);
            if (found == state)
                return true;
            state = found;
        }
    }

    private static void RaiseTo(ref ulong location, ulong value)
    {
        ulong current = Volatile.Read(ref location);
        while (current < value)
        {
            ulong found = Interlocked.CompareExchange(ref location, value, current);
            if (found == current)
                return;
            current = found;
        }
    }

    private ref LogSlot SlotOf(ulong sequence) => ref _slots[(int)(sequence & (ulong)(_slots.Length - 1))];

    private static ulong Readable(ulong sequence) => (2 * sequence) + 2;
}

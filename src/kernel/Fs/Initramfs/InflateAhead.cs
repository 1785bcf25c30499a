// Decompresses gzip members before the unpacker comes to them, on all processors.
//
//   image   ▓▓▓▓▓▓│▓▓▓▓│▓▓▓▓▓│▓▓▓▓▓│▓▓▓▓…      what looks like a member's header, from where the unpacker is
//               ▼     ▼     ▼     ▼             one round: padata, each member into a room of its own
//            ┌──────┬──────┬──────┬──────┐
//            │ room │ room │ room │ room │      then the unpacker takes them in their order
//            └──────┴──────┴──────┴──────┘
//
// Archives consist of many short members if whoever packs them wants that: ./commence does, so does bgzip, and files that gzip
// packed can be put one behind the other. It is a guess at every step: what was no member, is longer than a room, or is damaged,
// is not handed out, and the unpacker reads it itself and says what is wrong. So the result does not depend on this.
//
// Ownership: in a round each member belongs to the processor that has its number, between rounds all belong to the unpacker.
// _lock protects the list of decoders. Memory: rooms take at most one part in 16 of what is free; none: no round.
using System;
using System.Runtime.CompilerServices;
using Commence.Firmware;
using Commence.Firmware.Gzip;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Workqueues;

namespace Commence.Fs;

/// <summary>The members of one image, a round at a time.</summary>
internal sealed class InflateAhead : PadataJob
{
    /// <summary>The longest member, unpacked, that is done ahead; as in bgzip's files.</summary>
    internal const int RoomBytes = 64 * 1024;

    private const int PackedBytesMax = RoomBytes + 2048; // what does not compress becomes longer by some bytes
    private const int RoundMax = 64;
    private const int MembersPerProcessor = 4;
    private const ulong FreeShare = 16;

    private PhysRange _image;
    private Members _members;
    private int _roomCount;
    private int _count;        // members of this round
    private int _cursor;       // the unpacker is behind those below
    private bool _isUseless;   // a round brought nothing: the archive is not of this kind
    private IrqSpinLock _lock;
    private ForwardList<Decoder, Decoder.Linked> _decoders;

    /// <summary>Members that were of use.</summary>
    internal int TakenCount { get; private set; }

    /// <summary>Looks whether more than one processor can take part.</summary>
    /// <param name="image">The image; it stays where it is, mapped, until <see cref="Free"/>.</param>
    /// <returns>Null if not, or if there is no memory.</returns>
    internal static InflateAhead? TryMake(PhysRange image)
    {
        int processors = Scheduler.ActiveCpus.Count;
        if (processors < 2 || !Kmem.TryNew(out InflateAhead made))
            return null;

        made._image = image;
        ulong freeBytes = KernelMemory.Pages.ReadStatistics().FreePages << Limits.PageShift;
        int limit = (int)Math.Min((ulong)Math.Min(RoundMax, processors * MembersPerProcessor), freeBytes / FreeShare / RoomBytes);
        made._roomCount = limit;
        return made;
    }

    /// <inheritdoc cref="IInflatedMembers.TryTake"/>
    internal bool TryTake(int at, out ReadOnlySpan<byte> data, out int packedSize)
    {
        while (_cursor < _count && _members[_cursor].At < at)
            _cursor++;
        bool isHere = _cursor < _count && _members[_cursor].At == at;
        if ((!isHere && !TryRound(at)) || !_members[_cursor].IsDone)
        {
            data = default;
            packedSize = 0;
            return false;
        }

        ref Member member = ref _members[_cursor];
        data = member.Room.Span[..member.DataSize];
        packedSize = member.PackedSize;
        TakenCount++;
        return true;
    }

    /// <summary>Gives everything back, itself too.</summary>
    internal void Free()
    {
        for (int i = 0; i < _roomCount; i++)
            _members[i].Room.Free();
        while (_decoders.RemoveFirst() is Decoder decoder)
            decoder.Free();
        Kmem.Free(this);
    }

    /// <inheritdoc/>
    protected internal override void Run(ulong start, ulong end)
    {
        if (TakeDecoder() is not Decoder decoder)
            return; // no memory: these are not done

        for (ulong i = start; i < end; i++)
            decoder.Decode(DirectMap.Bytes(_image.Start, (int)_image.Length), ref _members[(int)i]);
        using IrqSpinLock.Guard guard = _lock.Lock();
        _decoders.AddFirst(decoder);
    }

    private bool TryRound(int at)
    {
        if (_isUseless)
            return false;

        FindMembers(at);
        if (_count < 2)
            return false; // the unpacker is as fast

        Size = (ulong)_count;
        _ = Padata.DoMultithreaded(this);
        _isUseless = !_members[0].IsDone;
        return true;
    }

    // Members follow each other closely, or they are too long for a room.
    private void FindMembers(int at)
    {
        ReadOnlySpan<byte> image = DirectMap.Bytes(_image.Start, (int)_image.Length);
        _cursor = 0;
        _count = 0;
        while (_count < _roomCount && HasRoom(ref _members[_count]))
        {
            _members[_count].At = at;
            _members[_count].IsDone = false;
            _count++;
            int from = Math.Min(at + GzipMembers.SizeMin, image.Length);
            int next = GzipMembers.FindHeader(image.Slice(from, Math.Min(PackedBytesMax, image.Length - from)));
            if (next < 0)
                break;
            at = from + next;
        }
    }

    private static bool HasRoom(ref Member member) => !member.Room.IsNull || Kmalloc.TryAllocate(RoomBytes, out member.Room);

    private Decoder? TakeDecoder()
    {
        using (_lock.Lock())
        {
            if (_decoders.RemoveFirst() is Decoder idle)
                return idle;
        }

        return Kmem.TryNew(out Decoder made) ? made : null;
    }

    /// <summary>What looks like a member.</summary>
    private struct Member
    {
        internal int At;
        internal bool IsDone;      // it was one, and its data is in its room
        internal int PackedSize;
        internal int DataSize;
        internal KBuffer Room;     // the decompressor's window too: the data never goes round
    }

    [InlineArray(RoundMax)]
    private struct Members
    {
        private Member _first;
    }

    /// <summary>A decompressor, for one processor at a time.</summary>
    private sealed class Decoder
    {
        private GzipDecoder _gzip;
        private ForwardLink<Decoder> _link;

        internal void Decode(ReadOnlySpan<byte> image, ref Member member)
        {
            ReadOnlySpan<byte> packed = image.Slice(member.At, Math.Min(PackedBytesMax, image.Length - member.At));
            Counter counter = default;
            _gzip.Reset();
            InflateStatus status = _gzip.Decode(packed, member.Room.Span, ref counter, out member.PackedSize);
            member.DataSize = counter.Bytes;
            member.IsDone = status == InflateStatus.Done;
        }

        internal void Free() => Kmem.Free(this);

        internal readonly struct Linked : IForwardLinked<Decoder>
        {
            public static ref ForwardLink<Decoder> Link(Decoder item) => ref item._link;
        }
    }

    /// <summary>Ends the decompressor before its window goes round.</summary>
    private struct Counter : IByteSink
    {
        internal int Bytes;

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            Bytes += bytes.Length;
            return Bytes <= RoomBytes;
        }
    }
}

/// <summary>The unpacker's view of it; nothing is ahead if there is none.</summary>
internal readonly struct MembersAhead(InflateAhead? ahead) : IInflatedMembers
{
    /// <inheritdoc/>
    public bool TryTake(int at, out ReadOnlySpan<byte> data, out int packedSize)
    {
        if (ahead is not null)
            return ahead.TryTake(at, out data, out packedSize);
        data = default;
        packedSize = 0;
        return false;
    }
}

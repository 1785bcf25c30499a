// A cpio archive that arrives in pieces of any size, as a decompressor pushes them.
//
//            ┌────────────── zero bytes ─┐
//            ▼                           │
//   ┌─▶ Between ── first byte ──▶ Header ┴▶ Name ─▶ NamePadding ─▶ Link ─▶ ┐
//   │                                                 └──────────▶ Data ─▶ DataPadding ─┐
//   └───────────────────────────────────────────────────────────────────────────────────┘
//   any state ── something is wrong ──▶ Failed, which takes nothing any more
//
// Names and link targets are collected, as they may be cut in two; data is passed on as it comes.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Firmware.Cpio;

/// <summary>Receives the members of an archive, in order.</summary>
/// <remarks>Each method returns false to end the unpacking.</remarks>
public interface ICpioSink
{
    /// <summary>A member begins.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="name">Its path.</param>
    /// <param name="target">Where it points, if it is a symbolic link; else empty.</param>
    bool BeginMember(in CpioHeader header, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target);

    /// <summary>The next bytes of the member's contents.</summary>
    bool Write(ReadOnlySpan<byte> data);

    /// <summary>The member is complete.</summary>
    bool EndMember();

    /// <summary>The archive is complete: inode numbers that come now are another archive's.</summary>
    bool EndArchive();
}

/// <summary>Takes an archive apart as it arrives. All-zero is the start of an archive.</summary>
/// <remarks>8 KiB: a static or a field, not a local.</remarks>
public struct CpioStream
{
    private State _state;
    private int _collected;        // of the header, name or target that is being collected
    private int _paddingLeft;
    private uint _dataLeft;
    private uint _sum;
    private ulong _position;       // in the stream
    private ulong _memberAt;
    private CpioHeader _header;
    private HeaderBytes _headerBytes;
    private NameBytes _name;
    private NameBytes _target;

    private enum State : byte
    {
        Between,
        Header,
        Name,
        NamePadding,
        Link,
        Data,
        DataPadding,
        Failed,
    }

    /// <summary>What was wrong; the stream takes nothing any more.</summary>
    public ParseFault Fault { get; private set; }

    /// <summary>How many members were passed on.</summary>
    public int MemberCount { get; private set; }

    /// <summary>The last archive was ended by its trailer. If not, something may have been cut off.</summary>
    public bool HasTrailer { get; private set; }

    /// <summary>No member is half done: another archive, or the end, may follow.</summary>
    public readonly bool IsBetweenMembers => _state == State.Between;

    /// <summary>Takes the next piece.</summary>
    /// <returns>False if something is wrong, now or earlier.</returns>
    public bool Write<TSink>(ReadOnlySpan<byte> bytes, ref TSink sink)
        where TSink : struct, ICpioSink
    {
        while (!bytes.IsEmpty && _state != State.Failed)
        {
            int taken = Step(bytes, ref sink);
            _position += (ulong)taken;
            bytes = bytes.Slice(taken);
        }

        return _state != State.Failed;
    }

    /// <summary>Says that nothing more comes.</summary>
    /// <returns>False if a member is cut off, or something was wrong before.</returns>
    public bool End()
    {
        // The last member's padding may be missing.
        if (_state is not (State.Between or State.DataPadding or State.Failed))
            Fail(FaultKind.Truncated, _memberAt, _position);
        return _state != State.Failed;
    }

    // Takes at least one byte, or fails.
    private int Step<TSink>(ReadOnlySpan<byte> bytes, ref TSink sink)
        where TSink : struct, ICpioSink
    {
        switch (_state)
        {
            case State.Between:
                return SkipZeros(bytes);
            case State.Header:
                return CollectHeader(bytes);
            case State.Name:
                return CollectName(bytes, ref sink);
            case State.NamePadding:
                return SkipPadding(bytes, ref sink);
            case State.Link:
                return CollectTarget(bytes, ref sink);
            case State.Data:
                return PassData(bytes, ref sink);
            case State.DataPadding:
                return SkipPadding(bytes, ref sink);
            default:
                return 0;
        }
    }

    private int SkipZeros(ReadOnlySpan<byte> bytes)
    {
        int count = 0;
        while (count < bytes.Length && bytes[count] == 0)
            count++;
        if (count == bytes.Length)
            return count;

        _memberAt = _position + (ulong)count;
        _collected = 0;
        _state = State.Header;
        return count != 0 ? count : CollectHeader(bytes);
    }

    private int CollectHeader(ReadOnlySpan<byte> bytes)
    {
        int taken = Collect(bytes, _headerBytes);
        if (_collected < CpioHeader.SizeBytes)
            return taken;

        if (!CpioHeader.TryParse(_headerBytes, _memberAt, out _header, out ParseFault fault))
        {
            Fault = fault;
            _state = State.Failed;
            return taken;
        }

        _collected = 0;
        _state = State.Name;
        return taken;
    }

    private int CollectName<TSink>(ReadOnlySpan<byte> bytes, ref TSink sink)
        where TSink : struct, ICpioSink
    {
        int taken = Collect(bytes, ((Span<byte>)_name).Slice(0, _header.NameSize));
        if (_collected < _header.NameSize)
            return taken;

        _paddingLeft = CpioArchive.PaddingOf((uint)(CpioHeader.SizeBytes + _header.NameSize));
        _state = State.NamePadding;
        if (_paddingLeft == 0)
            EndPadding(ref sink);
        return taken;
    }

    private int SkipPadding<TSink>(ReadOnlySpan<byte> bytes, ref TSink sink)
        where TSink : struct, ICpioSink
    {
        int taken = Math.Min(_paddingLeft, bytes.Length);
        _paddingLeft -= taken;
        if (_paddingLeft == 0)
            EndPadding(ref sink);
        return taken;
    }

    private void EndPadding<TSink>(ref TSink sink)
        where TSink : struct, ICpioSink
    {
        if (_state == State.DataPadding)
        {
            _state = State.Between;
            return;
        }

        // A header and its name are complete.
        if (!CpioArchive.TryTakeName(Name, out ReadOnlySpan<byte> name))
        {
            Fail(FaultKind.BadValue, _memberAt + CpioHeader.SizeBytes, 0);
            return;
        }

        _collected = 0;
        _sum = 0;
        _dataLeft = _header.FileSize;
        HasTrailer = name.SequenceEqual(CpioArchive.TrailerName);
        if (_header.Type == CpioFileType.SymbolicLink && !HasTrailer && _dataLeft != 0)
            _state = State.Link;
        else
            BeginMember(default, ref sink);
    }

    private int CollectTarget<TSink>(ReadOnlySpan<byte> bytes, ref TSink sink)
        where TSink : struct, ICpioSink
    {
        int size = (int)_header.FileSize; // the header's parser bounds it
        int taken = Collect(bytes, ((Span<byte>)_target).Slice(0, size));
        if (_collected < size)
            return taken;

        ReadOnlySpan<byte> target = ((ReadOnlySpan<byte>)_target).Slice(0, size);
        _sum = CpioArchive.SumOf(target);
        _dataLeft = 0;
        BeginMember(target, ref sink);
        return taken;
    }

    private void BeginMember<TSink>(scoped ReadOnlySpan<byte> target, ref TSink sink)
        where TSink : struct, ICpioSink
    {
        _state = State.Data;
        if (!HasTrailer)
        {
            CpioArchive.TryTakeName(Name, out ReadOnlySpan<byte> name);
            MemberCount++;
            if (!sink.BeginMember(in _header, name, target))
            {
                Fail(FaultKind.Refused, _memberAt, 0);
                return;
            }
        }

        if (_dataLeft == 0)
            EndMember(ref sink);
    }

    private int PassData<TSink>(ReadOnlySpan<byte> bytes, ref TSink sink)
        where TSink : struct, ICpioSink
    {
        int taken = (int)Math.Min(_dataLeft, (uint)bytes.Length);
        ReadOnlySpan<byte> data = bytes.Slice(0, taken);
        if (_header.HasChecksum)
            _sum += CpioArchive.SumOf(data);
        if (!HasTrailer && !sink.Write(data))
        {
            Fail(FaultKind.Refused, _memberAt, 0);
            return taken;
        }

        _dataLeft -= (uint)taken;
        if (_dataLeft == 0)
            EndMember(ref sink);
        return taken;
    }

    private void EndMember<TSink>(ref TSink sink)
        where TSink : struct, ICpioSink
    {
        if (_header.HasChecksum && _sum != _header.Checksum)
        {
            Fail(FaultKind.BadChecksum, _memberAt, _sum);
            return;
        }

        if (!(HasTrailer ? sink.EndArchive() : sink.EndMember()))
        {
            Fail(FaultKind.Refused, _memberAt, 0);
            return;
        }

        _paddingLeft = CpioArchive.PaddingOf(_header.FileSize);
        _state = _paddingLeft == 0 ? State.Between : State.DataPadding;
    }

    private int Collect(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        int taken = Math.Min(bytes.Length, into.Length - _collected);
        bytes.Slice(0, taken).CopyTo(into.Slice(_collected));
        _collected += taken;
        return taken;
    }

    [UnscopedRef]
    private readonly ReadOnlySpan<byte> Name => ((ReadOnlySpan<byte>)_name).Slice(0, _header.NameSize);

    private void Fail(FaultKind kind, ulong offset, ulong value)
    {
        Fault = new ParseFault(FirmwarePart.Cpio, kind, offset, value);
        _state = State.Failed;
    }

    [InlineArray(CpioHeader.SizeBytes)]
    private struct HeaderBytes
    {
        private byte _first;
    }

    [InlineArray(CpioHeader.NameSizeMax)]
    private struct NameBytes
    {
        private byte _first;
    }
}

// Decompresses deflate data that arrives in pieces, into a window that the caller empties.
//
//                 ┌── stored ──▶ StoredLength ─▶ StoredCopy ──────────────────────────────────┐
//   BlockHeader ──┼── fixed ──────────────────────────────────▶ Symbol ◀─▶ Distance ─▶ Copy   │
//        ▲        └── dynamic ─▶ CodeCounts ─▶ CodeLengthCodes ─▶ CodeLengths ─▶ Symbol …     │
//        └──────────────── end of block; after the last one: Done ◀───────────────────────────┘
//
// The window is both output buffer and history: a circle of at least 32 KiB. When the writer reaches its end, the caller takes
// what is pending, and writing goes on at its start. A match that reaches back further than anything written is a fault.
// Every state can be left when the input ends and entered again: nothing is taken from the input before all of it is there.
// Source: RFC 1951 §3.2 "Compressed block format".
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Commence.Firmware.Gzip;

/// <summary>Why a decompressor returned.</summary>
public enum InflateStatus : byte
{
    /// <summary>All input was taken, and there is more to come.</summary>
    NeedsInput,

    /// <summary>The window is full: empty it and call again.</summary>
    WindowFull,

    /// <summary>The data is complete.</summary>
    Done,
    Failed,
}

/// <summary>The decompressor's state. All-zero is the start of a stream.</summary>
/// <remarks>5 KiB: a static or a field, not a local.</remarks>
public struct Inflater
{
    /// <summary>The least size of a window; a larger one must be a power of two as well.</summary>
    public const int WindowSizeBytesMin = 32 * 1024;

    private const int LiteralCodes = 288;      // two of which are never used
    private const int LiteralCodesUsed = 286;
    private const int DistanceCodes = 32;
    private const int DistanceCodesUsed = 30;
    private const int CodeLengthCodes = 19;
    private const int LiteralRootSize = 1 << 10;
    private const int DistanceRootSize = 1 << 8;
    private const int EndOfBlock = 256;
    private const int FirstLengthCode = 257;
    private const int MatchLengthMax = 258;

    private State _state;
    private bool _isLastBlock;
    private ulong _bits;               // held over from the last input
    private int _bitCount;
    private ulong _consumed;           // input bytes before the present call
    private int _writeAt;              // in the window
    private int _pendingAt;            // the first byte in the window that was not yet taken
    private uint _reach;               // how far back a match may reach: bytes written, up to the window's size
    private int _storedLeft;
    private int _matchLength;
    private int _matchDistance;
    private int _literalCount;         // of the dynamic block in work: codes of each kind, and lengths read so far
    private int _distanceCount;
    private int _codeLengthCount;
    private int _lengthsRead;
    private Lengths _lengths;
    private LiteralRoot _literalRoot;
    private Counts _literalCounts;
    private LiteralSymbols _literalSymbols;
    private DistanceRoot _distanceRoot;
    private Counts _distanceCounts;
    private DistanceSymbols _distanceSymbols;

    private enum State : byte
    {
        BlockHeader,
        StoredLength,
        StoredCopy,
        CodeCounts,
        CodeLengthCodes,
        CodeLengths,
        Symbol,
        Distance,
        Copy,
        Done,
        Failed,
    }

    /// <summary>What a state's work came to.</summary>
    private enum Step : byte
    {
        Continue,
        NeedsInput,
        WindowFull,
        Invalid,
    }

    /// <summary>What is wrong with the data; its offset counts from the start of the stream.</summary>
    public ParseFault Fault { get; private set; }

    /// <summary>The part of the window that was written and not yet taken.</summary>
    public readonly ReadOnlySpan<byte> Pending(ReadOnlySpan<byte> window) => window.Slice(_pendingAt, _writeAt - _pendingAt);

    /// <summary>The caller has taken <see cref="Pending"/>.</summary>
    public void MarkTaken() => _pendingAt = _writeAt;

    // RFC 1951 §3.2.5: base and number of extra bits of the length codes from 257 on, and of the distance codes.
    private static ReadOnlySpan<ushort> LengthBases =>
    [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
    ];

    private static ReadOnlySpan<byte> LengthExtras =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ];

    private static ReadOnlySpan<ushort> DistanceBases =>
    [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769,
        1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ];

    private static ReadOnlySpan<byte> DistanceExtras =>
    [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ];

    // RFC 1951 §3.2.7: the order in which the lengths of the code length codes come.
    private static ReadOnlySpan<byte> CodeLengthOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    /// <summary>Decompresses until the input or the window's room ends, or the data does.</summary>
    /// <param name="input">The next piece.</param>
    /// <param name="window">The same window in every call; its size is a power of two, at least 32 KiB.</param>
    /// <param name="consumed">How many bytes of the input were taken: all, unless the data or the room ended.</param>
    public InflateStatus Run(ReadOnlySpan<byte> input, Span<byte> window, out int consumed)
    {
        var bits = new BitReader(input, _bits, _bitCount);
        Step step = Step.Continue;
        if (window.Length < WindowSizeBytesMin || (window.Length & (window.Length - 1)) != 0)
            step = Step.Invalid;

        while (step == Step.Continue && _state < State.Done)
            step = RunState(ref bits, window);

        consumed = bits.Consumed;
        _consumed += (ulong)consumed;
        _bits = bits.Peek(bits.Count);
        _bitCount = bits.Count;
        if (step == Step.Invalid && _state != State.Failed)
        {
            Fault = new ParseFault(FirmwarePart.Gzip, FaultKind.BadValue, _consumed, (ulong)_state);
            _state = State.Failed;
        }

        if (_state >= State.Done)
            return _state == State.Done ? InflateStatus.Done : InflateStatus.Failed;
        return step == Step.WindowFull ? InflateStatus.WindowFull : InflateStatus.NeedsInput;
    }

    /// <summary>Starts another stream.</summary>
    public void Reset()
    {
        // The tables need not be cleared: every block makes its own.
        _state = State.BlockHeader;
        _isLastBlock = false;
        _bits = 0;
        _bitCount = 0;
        _consumed = 0;
        _writeAt = 0;
        _pendingAt = 0;
        _reach = 0;
        Fault = default;
    }

    private Step RunState(ref BitReader bits, Span<byte> window)
    {
        switch (_state)
        {
            case State.BlockHeader:
                return ReadBlockHeader(ref bits);
            case State.StoredLength:
                return ReadStoredLength(ref bits);
            case State.StoredCopy:
                return CopyStored(ref bits, window);
            case State.CodeCounts:
                return ReadCodeCounts(ref bits);
            case State.CodeLengthCodes:
                return ReadCodeLengthCodes(ref bits);
            case State.CodeLengths:
                return ReadCodeLengths(ref bits);
            case State.Symbol:
                return ReadSymbol(ref bits, window);
            case State.Distance:
                return ReadDistance(ref bits);
            default:
                return CopyMatch(window);
        }
    }

    private Step ReadBlockHeader(ref BitReader bits)
    {
        if (_isLastBlock)
        {
            _state = State.Done;
            return Step.Continue;
        }

        if (!bits.TryHold(3))
            return Step.NeedsInput;

        _isLastBlock = bits.Take(1) != 0;
        switch (bits.Take(2))
        {
            case 0:
                bits.AlignToByte();
                _state = State.StoredLength;
                return Step.Continue;
            case 1:
                UseFixedCodes();
                _state = State.Symbol;
                return Step.Continue;
            case 2:
                _state = State.CodeCounts;
                return Step.Continue;
            default:
                return Step.Invalid;
        }
    }

    private Step ReadStoredLength(ref BitReader bits)
    {
        if (!bits.TryHold(32))
            return Step.NeedsInput;

        uint length = bits.Take(16);
        uint inverse = bits.Take(16);
        if ((length ^ inverse) != 0xFFFF)
            return Step.Invalid;

        _storedLeft = (int)length;
        _state = State.StoredCopy;
        return Step.Continue;
    }

    private Step CopyStored(ref BitReader bits, Span<byte> window)
    {
        while (_storedLeft != 0)
        {
            if (!TryGetRoom(window))
                return Step.WindowFull;

            int count = Math.Min(Math.Min(_storedLeft, bits.BytesLeft), window.Length - _writeAt);
            if (count == 0)
                return Step.NeedsInput;

            bits.TakeBytes(count).CopyTo(window.Slice(_writeAt));
            Advance(count, window);
            _storedLeft -= count;
        }

        _state = State.BlockHeader;
        return Step.Continue;
    }

    private void UseFixedCodes()
    {
        // RFC 1951 §3.2.6.
        Span<byte> lengths = _lengths;
        lengths.Slice(0, 144).Fill(8);
        lengths.Slice(144, 112).Fill(9);
        lengths.Slice(256, 24).Fill(7);
        lengths.Slice(280, 8).Fill(8);
        Literals.TryBuild(lengths.Slice(0, LiteralCodes), allowsSingle: false);
        lengths.Slice(0, DistanceCodes).Fill(5);
        Distances.TryBuild(lengths.Slice(0, DistanceCodes), allowsSingle: false);
    }

    private Step ReadCodeCounts(ref BitReader bits)
    {
        if (!bits.TryHold(14))
            return Step.NeedsInput;

        _literalCount = (int)bits.Take(5) + FirstLengthCode;
        _distanceCount = (int)bits.Take(5) + 1;
        _codeLengthCount = (int)bits.Take(4) + 4;
        _lengthsRead = 0;
        ((Span<byte>)_lengths).Clear();
        _state = State.CodeLengthCodes;
        return _literalCount <= LiteralCodesUsed && _distanceCount <= DistanceCodesUsed ? Step.Continue : Step.Invalid;
    }

    private Step ReadCodeLengthCodes(ref BitReader bits)
    {
        Span<byte> lengths = _lengths;
        while (_lengthsRead < _codeLengthCount)
        {
            if (!bits.TryHold(3))
                return Step.NeedsInput;
            lengths[CodeLengthOrder[_lengthsRead++]] = (byte)bits.Take(3);
        }

        // This code is needed only until the others are known; it borrows the distance code's tables.
        if (!Distances.TryBuild(lengths.Slice(0, CodeLengthCodes), allowsSingle: false))
            return Step.Invalid;

        _lengthsRead = 0;
        _state = State.CodeLengths;
        return Step.Continue;
    }

    private Step ReadCodeLengths(ref BitReader bits)
    {
        Span<byte> lengths = _lengths;
        int count = _literalCount + _distanceCount;
        while (_lengthsRead < count)
        {
            Step step = Peek(Distances, ref bits, out int symbol, out int length);
            if (step != Step.Continue)
                return step;

            int extra = symbol switch { < 16 => 0, 16 => 2, 17 => 3, _ => 7 };
            if (!bits.TryHold(length + extra))
                return Step.NeedsInput;

            bits.Drop(length);
            int repeat = symbol switch { < 16 => 1, 16 or 17 => 3, _ => 11 } + (int)bits.Take(extra);
            if (repeat > count - _lengthsRead || (symbol == 16 && _lengthsRead == 0))
                return Step.Invalid;

            byte value = symbol switch { < 16 => (byte)symbol, 16 => lengths[_lengthsRead - 1], _ => 0 };
            lengths.Slice(_lengthsRead, repeat).Fill(value);
            _lengthsRead += repeat;
        }

        bool isSound = lengths[EndOfBlock] != 0
            && Literals.TryBuild(lengths.Slice(0, _literalCount), allowsSingle: true)
            && Distances.TryBuild(lengths.Slice(_literalCount, _distanceCount), allowsSingle: true);
        _state = State.Symbol;
        return isSound ? Step.Continue : Step.Invalid;
    }

    private Step ReadSymbol(ref BitReader bits, Span<byte> window)
    {
        if (!TryGetRoom(window))
            return Step.WindowFull;

        if (bits.BytesLeft >= sizeof(ulong) && window.Length - _writeAt >= MatchLengthMax)
        {
            Step fast = RunFast(ref bits, window);
            bits.GiveBack();
            return fast;
        }

        Step step = Peek(Literals, ref bits, out int symbol, out int length);
        if (step != Step.Continue)
            return step;

        int extra = symbol >= FirstLengthCode && symbol < LiteralCodesUsed ? LengthExtras[symbol - FirstLengthCode] : 0;
        if (!bits.TryHold(length + extra))
            return Step.NeedsInput;

        bits.Drop(length);
        return Take(symbol, bits.Take(extra), window);
    }

    private Step Take(int symbol, uint extra, Span<byte> window)
    {
        if (symbol < EndOfBlock)
        {
            window[_writeAt] = (byte)symbol;
            Advance(1, window);
            return Step.Continue;
        }

        if (symbol == EndOfBlock)
        {
            _state = State.BlockHeader;
            return Step.Continue;
        }

        if (symbol >= LiteralCodesUsed)
            return Step.Invalid;

        _matchLength = LengthBases[symbol - FirstLengthCode] + (int)extra;
        _state = State.Distance;
        return Step.Continue;
    }

    private Step ReadDistance(ref BitReader bits)
    {
        Step step = Peek(Distances, ref bits, out int symbol, out int length);
        if (step != Step.Continue)
            return step;

        if (symbol >= DistanceCodesUsed)
            return Step.Invalid;

        int extra = DistanceExtras[symbol];
        if (!bits.TryHold(length + extra))
            return Step.NeedsInput;

        bits.Drop(length);
        _matchDistance = DistanceBases[symbol] + (int)bits.Take(extra);
        _state = State.Copy;
        return (uint)_matchDistance <= _reach ? Step.Continue : Step.Invalid;
    }

    private Step CopyMatch(Span<byte> window)
    {
        while (_matchLength != 0)
        {
            if (!TryGetRoom(window))
                return Step.WindowFull;

            window[_writeAt] = window[(_writeAt - _matchDistance) & (window.Length - 1)];
            Advance(1, window);
            _matchLength--;
        }

        _state = State.Symbol;
        return Step.Continue;
    }

    // The loop that does nearly all of the work: as long as neither input nor room can end within one turn, nothing need be
    // checked that has been checked before. One turn takes at most 15 + 5 + 15 + 13 = 48 bits.
    private Step RunFast(ref BitReader bits, Span<byte> window)
    {
        HuffmanCode literals = Literals;
        HuffmanCode distances = Distances;
        int at = _writeAt;
        int start = at;
        int last = window.Length - MatchLengthMax;
        Step result = Step.Continue;
        while (bits.BytesLeft >= sizeof(ulong) && at <= last)
        {
            bits.HoldMany();
            if (literals.TryDecode(bits.Bits, bits.Count, out int symbol, out int codeLength) != HuffmanCode.Lookup.Found)
            {
                result = Step.Invalid;
                break;
            }

            bits.Drop(codeLength);
            if (symbol < EndOfBlock)
            {
                window[at++] = (byte)symbol;
                continue;
            }

            if (symbol == EndOfBlock)
            {
                _state = State.BlockHeader;
                break;
            }

            if (!TryReadMatch(symbol, distances, ref bits, out int length, out int distance)
                || (uint)distance > Math.Min(_reach + (uint)(at - start), (uint)window.Length))
            {
                result = Step.Invalid;
                break;
            }

            CopyWithin(window, at, distance, length);
            at += length;
        }

        Advance(at - start, window);
        return result;
    }

    private static bool TryReadMatch(int symbol, scoped HuffmanCode distances, ref BitReader bits, out int length, out int distance)
    {
        length = 0;
        distance = 0;
        if (symbol >= LiteralCodesUsed)
            return false;

        length = LengthBases[symbol - FirstLengthCode] + (int)bits.Take(LengthExtras[symbol - FirstLengthCode]);
        if (distances.TryDecode(bits.Bits, bits.Count, out int code, out int codeLength) != HuffmanCode.Lookup.Found
            || code >= DistanceCodesUsed)
            return false;

        bits.Drop(codeLength);
        distance = DistanceBases[code] + (int)bits.Take(DistanceExtras[code]);
        return true;
    }

    // The room for the match has been checked; its source may overlap it (a run) or wrap around.
    private static void CopyWithin(Span<byte> window, int at, int distance, int length)
    {
        int from = (at - distance) & (window.Length - 1);
        if (distance >= length && from + length <= window.Length)
        {
            window.Slice(from, length).CopyTo(window.Slice(at, length));
            return;
        }

        for (int i = 0; i < length; i++)
            window[at + i] = window[(from + i) & (window.Length - 1)];
    }

    private static Step Peek(scoped HuffmanCode code, ref BitReader bits, out int symbol, out int length)
    {
        while (true)
        {
            HuffmanCode.Lookup lookup = code.TryDecode(bits.Bits, bits.Count, out symbol, out length);
            if (lookup == HuffmanCode.Lookup.Found)
                return Step.Continue;
            if (lookup == HuffmanCode.Lookup.Invalid)
                return Step.Invalid;
            if (!bits.TryHoldByte())
                return Step.NeedsInput;
        }
    }

    private bool TryGetRoom(Span<byte> window)
    {
        if (_writeAt < window.Length)
            return true;
        if (_pendingAt < _writeAt)
            return false;

        _writeAt = 0;
        _pendingAt = 0;
        return true;
    }

    private void Advance(int count, Span<byte> window)
    {
        _writeAt += count;
        _reach = Math.Min(_reach + (uint)count, (uint)window.Length);
    }

    [UnscopedRef]
    private HuffmanCode Literals => new(_literalRoot, _literalCounts, _literalSymbols);

    [UnscopedRef]
    private HuffmanCode Distances => new(_distanceRoot, _distanceCounts, _distanceSymbols);

    [InlineArray(LiteralCodes + DistanceCodes)]
    private struct Lengths
    {
        private byte _first;
    }

    [InlineArray(LiteralRootSize)]
    private struct LiteralRoot
    {
        private ushort _first;
    }

    [InlineArray(LiteralCodes)]
    private struct LiteralSymbols
    {
        private ushort _first;
    }

    [InlineArray(DistanceRootSize)]
    private struct DistanceRoot
    {
        private ushort _first;
    }

    [InlineArray(DistanceCodes)]
    private struct DistanceSymbols
    {
        private ushort _first;
    }

    [InlineArray(HuffmanCode.CountsLength)]
    private struct Counts
    {
        private ushort _first;
    }
}

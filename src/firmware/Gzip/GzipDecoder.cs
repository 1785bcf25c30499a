// Decompresses gzip and zlib data that arrives in pieces, and checks what their trailers promise.
//
// gzip (RFC 1952 §2.3 "Member format")
//   offset 0  1F 8B            8  extra flags, 9 operating system
//          2  method: 8           then, by the flags: extra field (length u16), name, comment (each ends in a zero), CRC-16
//          3  flags               then deflate data
//          4  time, u32           then CRC-32 and length modulo 2^32 of the data, u32 each
// zlib (RFC 1950 §2.2 "Data format"): 2 bytes, deflate data, Adler-32 most significant byte first
using System;
using System.Buffers.Binary;

namespace Commence.Firmware.Gzip;

/// <summary>What surrounds the deflate data.</summary>
public enum GzipFormat : byte
{
    Gzip,
    Zlib,

    /// <summary>Nothing: no header, no check.</summary>
    Raw,
}

/// <summary>The decoder's state. All-zero is the start of a gzip member.</summary>
/// <remarks>14 KiB: a static or a field, not a local.</remarks>
public struct GzipDecoder
{
    private const byte Method = 8;
    private const byte FlagHeaderCrc = 2;
    private const byte FlagExtra = 4;
    private const byte FlagName = 8;
    private const byte FlagComment = 16;
    private const byte FlagsReserved = 0xE0;
    private const int FixedHeaderSize = 10;
    private const uint AdlerModulus = 65521;

    private Inflater _inflater;
    private Crc32 _crcTables;
    private GzipFormat _format;
    private State _state;
    private byte _flags;
    private int _fieldCount;       // bytes of the field in work that have been read
    private uint _field;           // the value of the last four of them, the first lowest
    private int _extraLeft;
    private uint _check;           // CRC-32 or Adler-32 of the data; before that, CRC-32 of the header

    // The parts in their order; of a gzip header all but the first may be missing.
    private enum State : byte
    {
        FixedHeader,
        ExtraLength,
        Extra,
        Name,
        Comment,
        HeaderCrc,
        Data,
        Crc,
        Length,
        Done,
        Failed,
        ZlibHeader,
        Adler,
    }

    /// <summary>What is wrong; its offset counts from the start of the member.</summary>
    public ParseFault Fault { get; private set; }

    /// <summary>Bytes taken since the member's start.</summary>
    public ulong InputCount { get; private set; }

    /// <summary>Bytes given out since the member's start.</summary>
    public ulong OutputCount { get; private set; }

    public static bool HasSignature(ReadOnlySpan<byte> bytes) => bytes.Length >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;

    /// <summary>Starts another member.</summary>
    public void Reset(GzipFormat format = GzipFormat.Gzip)
    {
        _inflater.Reset();
        _format = format;
        _flags = 0;
        _check = 0;
        Fault = default;
        InputCount = 0;
        OutputCount = 0;
        Enter(format switch { GzipFormat.Gzip => State.FixedHeader, GzipFormat.Zlib => State.ZlibHeader, _ => State.Data });
    }

    /// <summary>Decompresses the next piece.</summary>
    /// <param name="input">The piece.</param>
    /// <param name="window">The same in every call: a power of two, at least <see cref="Inflater.WindowSizeBytesMin"/> bytes.</param>
    /// <param name="sink">Gets the data.</param>
    /// <param name="consumed">How much of the input was taken: all, unless the member ended or something is wrong.</param>
    /// <returns>Never <see cref="InflateStatus.WindowFull"/>.</returns>
    public InflateStatus Decode<TSink>(ReadOnlySpan<byte> input, Span<byte> window, ref TSink sink, out int consumed)
        where TSink : struct, IByteSink, allows ref struct
    {
        consumed = 0;
        while (_state is not (State.Done or State.Failed))
        {
            if (_state == State.Data)
            {
                consumed += DecodeData(input.Slice(consumed), window, ref sink);
                if (_state == State.Data)
                    return InflateStatus.NeedsInput;
            }
            else if (consumed == input.Length)
            {
                return InflateStatus.NeedsInput;
            }
            else
            {
                ReadByte(input.Slice(consumed++, 1));
            }
        }

        return _state == State.Done ? InflateStatus.Done : InflateStatus.Failed;
    }

    /// <summary>Says that no more input comes although the member is not complete.</summary>
    public void FailTruncated() => Fail(FaultKind.Truncated, OutputCount);

    private int DecodeData<TSink>(ReadOnlySpan<byte> input, Span<byte> window, ref TSink sink)
        where TSink : struct, IByteSink, allows ref struct
    {
        int taken = 0;
        InflateStatus status = InflateStatus.WindowFull;
        while (status == InflateStatus.WindowFull && _state == State.Data)
        {
            status = _inflater.Run(input.Slice(taken), window, out int consumed);
            taken += consumed;
            InputCount += (ulong)consumed;
            Pass(_inflater.Pending(window), ref sink);
            _inflater.MarkTaken();
        }

        if (_state != State.Data)
            return taken;

        if (status == InflateStatus.Done)
            Enter(_format switch { GzipFormat.Gzip => State.Crc, GzipFormat.Zlib => State.Adler, _ => State.Done });
        else if (status == InflateStatus.Failed)
            Fail(_inflater.Fault.Kind, _inflater.Fault.Value);
        return taken;
    }

    private void Pass<TSink>(ReadOnlySpan<byte> data, ref TSink sink)
        where TSink : struct, IByteSink, allows ref struct
    {
        if (data.IsEmpty)
            return;

        if (_format == GzipFormat.Gzip)
            _check = _crcTables.Update(_check, data);
        else if (_format == GzipFormat.Zlib)
            _check = UpdateAdler(_check, data);
        OutputCount += (ulong)data.Length;
        if (!sink.Write(data))
            Fail(FaultKind.Refused, OutputCount);
    }

    // Headers and trailers are short, so byte by byte will do.
    private void ReadByte(ReadOnlySpan<byte> one)
    {
        byte value = one[0];
        if (_state < State.HeaderCrc)
            _check = _crcTables.Update(_check, one);
        InputCount++;
        _fieldCount++;
        _field = (_field >> 8) | ((uint)value << 24);
        switch (_state)
        {
            case State.FixedHeader:
                ReadFixedHeader(value);
                break;
            case State.ExtraLength when _fieldCount == 2:
                _extraLeft = (int)(_field >> 16);
                EnterHeader(State.Extra);
                break;
            case State.Extra when --_extraLeft == 0:
                EnterHeader(State.Name);
                break;
            case State.Name or State.Comment when value == 0:
                EnterHeader(_state + 1);
                break;
            case State.HeaderCrc when _fieldCount == 2:
                Check(_field >> 16, (ushort)_check, FaultKind.BadChecksum, State.Data);
                break;
            case State.Crc when _fieldCount == 4:
                Check(_field, _check, FaultKind.BadChecksum, State.Length);
                break;
            case State.Length when _fieldCount == 4:
                Check(_field, (uint)OutputCount, FaultKind.BadLength, State.Done);
                break;
            case State.ZlibHeader when _fieldCount == 2:
                ReadZlibHeader((byte)(_field >> 16), value);
                break;
            case State.Adler when _fieldCount == 4:
                Check(BinaryPrimitives.ReverseEndianness(_field), _check, FaultKind.BadChecksum, State.Done);
                break;
        }
    }

    private void ReadFixedHeader(byte value)
    {
        switch (_fieldCount)
        {
            case 1 when value != 0x1F:
            case 2 when value != 0x8B:
                Fail(FaultKind.BadSignature, value);
                break;
            case 3 when value != Method:
            case 4 when (value & FlagsReserved) != 0:
                Fail(FaultKind.Unsupported, value);
                break;
            case 4:
                _flags = value;
                break;
            case FixedHeaderSize:
                EnterHeader(State.ExtraLength);
                break;
        }
    }

    // RFC 1950 §2.2: the method, a window of at most 32 KiB, no preset dictionary, and a multiple of 31.
    private void ReadZlibHeader(byte methodAndWindow, byte flags)
    {
        const byte windowMax = 7;
        const byte dictionary = 0x20;
        if (((methodAndWindow << 8) | flags) % 31 != 0)
            Fail(FaultKind.BadChecksum, flags);
        else if ((methodAndWindow & 0xF) != Method || methodAndWindow >> 4 > windowMax || (flags & dictionary) != 0)
            Fail(FaultKind.Unsupported, methodAndWindow);
        else
            Enter(State.Data);
    }

    /// <summary>Enters the next part of the header that is there, from <paramref name="part"/> on.</summary>
    private void EnterHeader(State part)
    {
        while (part != State.Data && !HasPart(part))
            part++;
        Enter(part);
    }

    private readonly bool HasPart(State part) => part switch
    {
        State.ExtraLength => (_flags & FlagExtra) != 0,
        State.Extra => _extraLeft != 0,
        State.Name => (_flags & FlagName) != 0,
        State.Comment => (_flags & FlagComment) != 0,
        _ => (_flags & FlagHeaderCrc) != 0,
    };

    private void Enter(State state)
    {
        _state = state;
        _fieldCount = 0;
        if (state == State.Data)
            _check = _format == GzipFormat.Zlib ? 1u : 0;
    }

    private void Check(uint stated, uint found, FaultKind kind, State next)
    {
        if (stated != found)
            Fail(kind, found);
        else
            Enter(next);
    }

    private void Fail(FaultKind kind, ulong value)
    {
        Fault = new ParseFault(FirmwarePart.Gzip, kind, InputCount, value);
        _state = State.Failed;
    }

    // RFC 1950 §8.2: two sums modulo the largest prime below 2^16; 5552 bytes are what 32 bits can sum without overflow.
    private static uint UpdateAdler(uint adler, ReadOnlySpan<byte> data)
    {
        const int blockMax = 5552;
        uint low = adler & 0xFFFF;
        uint high = adler >> 16;
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> block = data.Slice(0, Math.Min(data.Length, blockMax));
            foreach (byte value in block)
            {
                low += value;
                high += low;
            }

            low %= AdlerModulus;
            high %= AdlerModulus;
            data = data.Slice(block.Length);
        }

        return (high << 16) | low;
    }
}

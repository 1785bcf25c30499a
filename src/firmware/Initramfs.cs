// Unpacks an initramfs image: any sequence of cpio archives, plain or gzip-compressed, with zero bytes between them.
//
//   initramfs := ( zero bytes | plain archive | gzip member )*
//
// A plain archive that precedes a compressed one is how processors' microcode comes along. Members may lie in several gzip
// members; an archive does not go over from plain to compressed or back.
// Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
using System;
using Commence.Firmware.Cpio;
using Commence.Firmware.Gzip;

namespace Commence.Firmware;

/// <summary>An unpacker's state.</summary>
/// <remarks>22 KiB: a static or a field, not a local.</remarks>
public struct Initramfs
{
    private GzipDecoder _gzip;
    private CpioStream _cpio;

    /// <summary>How many members were passed on.</summary>
    public readonly int MemberCount => _cpio.MemberCount;

    /// <summary>Unpacks a whole image.</summary>
    /// <param name="image">The image as the loader left it.</param>
    /// <param name="window">Room for decompression: a power of two, at least <see cref="Inflater.WindowSizeBytesMin"/> bytes.</param>
    /// <param name="sink">Gets the members.</param>
    /// <param name="fault">What is wrong. All members before it were passed on.</param>
    /// <returns>False if something is wrong.</returns>
    public bool TryUnpack<TSink>(ReadOnlySpan<byte> image, Span<byte> window, ref TSink sink, out ParseFault fault)
        where TSink : struct, ICpioSink
    {
        NothingAhead nothing = default;
        return TryUnpack(image, window, ref sink, ref nothing, out fault);
    }

    /// <param name="ahead">Gzip members that were decompressed before. What comes out is the same with and without them.</param>
    /// <inheritdoc cref="TryUnpack{TSink}"/>
    public bool TryUnpack<TSink, TAhead>(ReadOnlySpan<byte> image, Span<byte> window, ref TSink sink, ref TAhead ahead, out ParseFault fault)
        where TSink : struct, ICpioSink
        where TAhead : struct, IInflatedMembers
    {
        _cpio = default;
        int at = 0;
        fault = default;
        while (!fault.IsFault)
        {
            while (at < image.Length && image[at] == 0)
                at++;
            if (at == image.Length)
                break;

            ReadOnlySpan<byte> rest = image.Slice(at);
            if (!GzipDecoder.HasSignature(rest))
                at += UnpackOther(rest, at, ref sink, out fault);
            else if (ahead.TryTake(at, out ReadOnlySpan<byte> data, out int packedSize))
                at += PassOn(data, packedSize, ref sink, out fault);
            else
                at += UnpackGzip(rest, at, window, ref sink, out fault);
        }

        // A member may go over from one gzip member to the next, but not beyond the image.
        if (!fault.IsFault && !_cpio.End())
            fault = _cpio.Fault;
        return !fault.IsFault;
    }

    private int PassOn<TSink>(ReadOnlySpan<byte> data, int packedSize, ref TSink sink, out ParseFault fault)
        where TSink : struct, ICpioSink
    {
        fault = _cpio.Write(data, ref sink) ? default : _cpio.Fault;
        return packedSize;
    }

    private int UnpackOther<TSink>(ReadOnlySpan<byte> bytes, int at, ref TSink sink, out ParseFault fault)
        where TSink : struct, ICpioSink
    {
        if (CpioHeader.HasSignature(bytes) && _cpio.IsBetweenMembers)
            return UnpackPlain(bytes, at, ref sink, out fault);
        fault = new ParseFault(FirmwarePart.Initramfs, FaultKind.BadSignature, (ulong)at, bytes[0]);
        return 0;
    }

    // The archive ends where something begins that is not a member.
    private int UnpackPlain<TSink>(ReadOnlySpan<byte> bytes, int at, ref TSink sink, out ParseFault fault)
        where TSink : struct, ICpioSink
    {
        fault = default;
        int taken = 0;
        do
        {
            int size = MemberSize(bytes.Slice(taken));
            bool isSound = _cpio.Write(bytes.Slice(taken, size), ref sink);
            if (!isSound || (taken + size == bytes.Length && !_cpio.End()))
            {
                // The stream counts its own bytes, not the image's: the member's place is the better one.
                fault = new ParseFault(FirmwarePart.Cpio, _cpio.Fault.Kind, (ulong)(at + taken), _cpio.Fault.Value);
                return taken;
            }

            taken += size;
        }
        while (CpioHeader.HasSignature(bytes.Slice(taken)));

        return taken;
    }

    // A member with its padding, or all that is left if its header is broken or it is cut off: then the stream says why.
    private static int MemberSize(ReadOnlySpan<byte> bytes)
    {
        if (!CpioHeader.TryParse(bytes, 0, out CpioHeader header, out _))
            return bytes.Length;

        long size = CpioHeader.SizeBytes + header.NameSize;
        size += CpioArchive.PaddingOf((uint)size) + (long)header.FileSize;
        size += CpioArchive.PaddingOf(header.FileSize);
        return (int)Math.Min(size, bytes.Length);
    }

    private int UnpackGzip<TSink>(ReadOnlySpan<byte> bytes, int at, Span<byte> window, ref TSink sink, out ParseFault fault)
        where TSink : struct, ICpioSink
    {
        fault = default;
        var unpacker = new Unpacker<TSink>(ref _cpio, ref sink);
        _gzip.Reset();
        InflateStatus status = _gzip.Decode(bytes, window, ref unpacker, out int taken);
        if (status == InflateStatus.NeedsInput)
            _gzip.FailTruncated();
        if (status == InflateStatus.Done)
            return taken;

        bool isArchiveFault = _cpio.Fault.IsFault;
        ParseFault cause = isArchiveFault ? _cpio.Fault : _gzip.Fault;
        fault = new ParseFault(cause.Part, cause.Kind, isArchiveFault ? cause.Offset : (ulong)at + cause.Offset, cause.Value);
        return taken;
    }

    private readonly struct NothingAhead : IInflatedMembers
    {
        public bool TryTake(int at, out ReadOnlySpan<byte> data, out int packedSize)
        {
            data = default;
            packedSize = 0;
            return false;
        }
    }

    private readonly ref struct Unpacker<TSink> : IByteSink
        where TSink : struct, ICpioSink
    {
        private readonly ref CpioStream _cpio;
        private readonly ref TSink _sink;

        public Unpacker(ref CpioStream cpio, ref TSink sink)
        {
            _cpio = ref cpio;
            _sink = ref sink;
        }

        public bool Write(ReadOnlySpan<byte> bytes) => _cpio.Write(bytes, ref _sink);
    }
}

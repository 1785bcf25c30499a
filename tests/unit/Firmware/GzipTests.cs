// Decompression against System.IO.Compression, in pieces of every size, of data of every kind.
using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using Commence.Firmware;
using Commence.Firmware.Gzip;
using Xunit;

namespace Commence.Tests.Firmware;

public class GzipTests
{
    /// <summary>Collects bytes; refuses what goes beyond its limit.</summary>
    internal readonly struct ByteCollector(int lengthMax) : IByteSink
    {
        public MemoryStream Bytes { get; } = new();

        public bool Write(ReadOnlySpan<byte> bytes)
        {
            Assert.False(bytes.IsEmpty);
            Bytes.Write(bytes);
            return Bytes.Length <= lengthMax;
        }
    }

    public static TheoryData<string, CompressionLevel> Inputs
    {
        get
        {
            TheoryData<string, CompressionLevel> data = [];
            foreach (string kind in (string[])["empty", "one", "zeros", "text", "random", "mixed", "skewed", "far"])
            {
                foreach (CompressionLevel level in Enum.GetValues<CompressionLevel>())
                    data.Add(kind, level);
            }

            return data;
        }
    }

    internal static byte[] MakeData(string kind)
    {
        Random random = new(1234);
        byte[] noise = new byte[100_000];
        random.NextBytes(noise);
        return kind switch
        {
            "empty" => [],
            "one" => [42],
            "zeros" => new byte[300_000],
            "text" => Encoding.ASCII.GetBytes(string.Join(' ', Enumerable.Range(0, 40_000).Select(i => i * i))),
            "random" => noise,
            "mixed" => [.. noise.Select((value, i) => (i / 1000 % 2) == 0 ? value : (byte)(i / 7))],

            // Byte n half as often as n-1: codes as long as deflate allows.
            "skewed" => [.. Enumerable.Range(0, 200_000).Select(_ => (byte)Math.Min(30, System.Numerics.BitOperations.TrailingZeroCount(random.Next() | 1 << 30)))],

            // Repeats at nearly the greatest distance.
            _ => [.. noise[..32_000], .. noise[..32_000], .. noise[..32_700], .. noise[..40_000]],
        };
    }

    internal static InflateStatus Decode(
        byte[] packed, Random random, int pieceMax, GzipFormat format, int windowSize, out byte[] data, out ParseFault fault, out int consumed)
    {
        GzipDecoder decoder = default;
        if (format != GzipFormat.Gzip)
            decoder.Reset(format);
        byte[] window = new byte[windowSize];
        ByteCollector sink = new(int.MaxValue);
        InflateStatus status = InflateStatus.NeedsInput;
        consumed = 0;
        foreach (byte[] piece in Archives.Cut(packed, random, pieceMax))
        {
            status = decoder.Decode(piece, window, ref sink, out int taken);
            consumed += taken;
            if (status != InflateStatus.NeedsInput)
                break;
            Assert.Equal(piece.Length, taken);
        }

        data = sink.Bytes.ToArray();
        fault = decoder.Fault;
        Assert.Equal((ulong)data.Length, decoder.OutputCount);
        Assert.Equal((ulong)consumed, decoder.InputCount);
        return status;
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void GivesBackWhatWasCompressed(string kind, CompressionLevel level)
    {
        byte[] expected = MakeData(kind);
        byte[] packed = CpioTests.Gzip(expected, level);
        if (packed.Length == 0)
            packed = CpioTests.Gzip([1], level)[..0]; // .NET writes nothing for nothing
        foreach (int pieceMax in (int[])[1, 7, 1000, int.MaxValue - 1])
        {
            foreach (int windowSize in (int[])[32768, 262144])
            {
                InflateStatus status = Decode(packed, new Random(5), pieceMax, GzipFormat.Gzip, windowSize, out byte[] data, out ParseFault fault, out int consumed);
                Assert.Equal(packed.Length == 0 ? InflateStatus.NeedsInput : InflateStatus.Done, status);
                Assert.Equal((false, packed.Length), (fault.IsFault, consumed));
                Assert.Equal(expected, data);
            }
        }
    }

    [Theory]
    [InlineData("text")]
    [InlineData("mixed")]
    public void ReadsZlibAndRawData(string kind)
    {
        byte[] expected = MakeData(kind);
        using MemoryStream zlib = new();
        using (ZLibStream stream = new(zlib, CompressionLevel.Optimal))
            stream.Write(expected);
        byte[] packed = zlib.ToArray();
        Assert.Equal(InflateStatus.Done, Decode(packed, new Random(1), 100, GzipFormat.Zlib, 32768, out byte[] data, out _, out _));
        Assert.Equal(expected, data);
        Assert.Equal(InflateStatus.Done, Decode(packed[2..], new Random(1), 100, GzipFormat.Raw, 32768, out data, out _, out int consumed));
        Assert.Equal(expected, data);
        Assert.Equal(packed.Length - 6, consumed);

        packed[^1]++;
        Assert.Equal(InflateStatus.Failed, Decode(packed, new Random(1), 100, GzipFormat.Zlib, 32768, out _, out ParseFault fault, out _));
        Assert.Equal(FaultKind.BadChecksum, fault.Kind);
        packed[1]++;
        Assert.Equal(InflateStatus.Failed, Decode(packed, new Random(1), 100, GzipFormat.Zlib, 32768, out _, out fault, out _));
        Assert.Equal((FaultKind.BadChecksum, 2ul), (fault.Kind, fault.Offset));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]        // text
    [InlineData(2)]        // header CRC
    [InlineData(4)]        // extra field
    [InlineData(4 + 64)]   // an empty extra field (64 stands for that here)
    [InlineData(8)]        // name
    [InlineData(16)]       // comment
    [InlineData(31)]       // all
    public void ReadsEveryHeaderFlag(int flags)
    {
        byte[] expected = MakeData("text");
        byte[] packed = WithHeader(CpioTests.Gzip(expected), flags);
        foreach (int pieceMax in (int[])[1, 5, 100_000])
        {
            Assert.Equal(InflateStatus.Done, Decode(packed, new Random(3), pieceMax, GzipFormat.Gzip, 32768, out byte[] data, out _, out int consumed));
            Assert.Equal(expected, data);
            Assert.Equal(packed.Length, consumed);
        }

        if ((flags & 2) == 0)
            return;

        packed[5]++; // the time, which the header's checksum covers
        Assert.Equal(InflateStatus.Failed, Decode(packed, new Random(3), 9, GzipFormat.Gzip, 32768, out _, out ParseFault fault, out _));
        Assert.Equal(FaultKind.BadChecksum, fault.Kind);
    }

    [Theory]
    [InlineData(0, 0x1E, FaultKind.BadSignature, 1)]
    [InlineData(1, 0x8C, FaultKind.BadSignature, 2)]
    [InlineData(2, 7, FaultKind.Unsupported, 3)]
    [InlineData(3, 0x20, FaultKind.Unsupported, 4)]
    [InlineData(10, 0x07, FaultKind.BadValue, 11)]          // the third block type does not exist
    [InlineData(-8, 0, FaultKind.BadChecksum, -4)]
    [InlineData(-4, 0, FaultKind.BadLength, 0)]
    public void NamesAndPlacesWhatIsWrong(int offset, byte value, FaultKind kind, int at)
    {
        byte[] packed = CpioTests.Gzip(MakeData("text"));
        int length = packed.Length;
        packed[offset < 0 ? length + offset : offset] = value;
        Assert.Equal(InflateStatus.Failed, Decode(packed, new Random(3), 50, GzipFormat.Gzip, 32768, out _, out ParseFault fault, out _));
        Assert.Equal((FirmwarePart.Gzip, kind, (ulong)(at <= 0 ? length + at : at)), (fault.Part, fault.Kind, fault.Offset));
    }

    // The lengths of literals 0 to 256, all unused but 'a', 'b' and the end of block.
    private static byte[] Literals(byte a, byte b, byte end)
    {
        byte[] lengths = new byte[257];
        lengths['a'] = a;
        lengths['b'] = b;
        lengths[256] = end;
        return lengths;
    }

    [Fact]
    public void ReadsDynamicCodesOfEveryShape()
    {
        // 'a' is 0, 'b' is 10, the end is 11.
        AssertData("abba", new BitWriter().Dynamic(Literals(1, 2, 2), [0]).Code("0 10 10 0 11"));

        // One distance code of one bit is right although it is not complete; of its two values only 0 means something.
        byte[] withLength = [.. Literals(2, 2, 2), 2];     // 'a' 00, 'b' 01, end 10, length 3 is 11
        AssertData("abbbbb", new BitWriter().Dynamic(withLength, [1]).Code("00 01 11 0 01 10"));
        AssertInvalid(new BitWriter().Dynamic(withLength, [1]).Code("00 01 11 1 01 10"));

        // With no distance code at all, no match may come.
        AssertData("ab", new BitWriter().Dynamic(withLength, [0]).Code("00 01 10"));
        AssertInvalid(new BitWriter().Dynamic(withLength, [0]).Code("00 01 11 0 10"));

        // Codes of 15 bits: 1, 2, 3, ... 14, 15, 15.
        byte[] deep = new byte[257];
        for (int i = 0; i < 15; i++)
            deep['a' + i] = (byte)(i + 1);
        deep[256] = 15;
        AssertData("oan", new BitWriter().Dynamic(deep, [0]).Code("111111111111110 0 11111111111110 111111111111111"));
    }

    [Fact]
    public void RefusesCodesThatAreNone()
    {
        AssertInvalid(new BitWriter().Dynamic(Literals(1, 1, 1), [0]).Code("0"));            // more codes than there are
        AssertInvalid(new BitWriter().Dynamic(Literals(2, 2, 2), [0]).Code("0"));            // a code is left over
        AssertInvalid(new BitWriter().Dynamic(Literals(1, 1, 0), [0]).Code("0"));            // no end of block
        AssertInvalid(new BitWriter().Dynamic(Literals(1, 2, 2), [2, 2, 2]).Code("0"));      // the same for distances
        AssertInvalid(new BitWriter().Dynamic(Literals(1, 2, 2), [1, 1, 1]).Code("0"));
        AssertInvalid(new BitWriter().Bits(1, 1).Bits(2, 2).Bits(30, 5).Bits(0, 5).Bits(0, 4));   // 287 literal codes
        AssertInvalid(new BitWriter().Bits(1, 1).Bits(2, 2).Bits(0, 5).Bits(30, 5).Bits(0, 4));   // 31 distance codes

        // A repetition with nothing before it, and one that goes beyond the last code. (Code lengths: 16 is 0, 18 is 1.)
        AssertInvalid(Repeats().Code("0").Bits(0, 2));
        AssertInvalid(Repeats().Code("1").Bits(127, 7).Code("1").Bits(127, 7));
        AssertInvalid(new BitWriter().Bits(1, 1).Bits(2, 2).Bits(0, 5).Bits(0, 5).Bits(0, 4).Bits(1, 3).Bits(1, 3).Bits(1, 3).Bits(0, 3));
    }

    private static BitWriter Repeats() =>
        new BitWriter().Bits(1, 1).Bits(2, 2).Bits(0, 5).Bits(0, 5).Bits(0, 4).Bits(1, 3).Bits(0, 3).Bits(1, 3).Bits(0, 3);

    [Fact]
    public void RefusesWhatDeflateDoesNotHave()
    {
        AssertData("abc", new BitWriter().Bits(1, 1).Bits(0, 2).Align().Bits(3, 16).Bits(0xFFFC, 16).Bits('a', 8).Bits('b', 8).Bits('c', 8));
        AssertInvalid(new BitWriter().Bits(1, 1).Bits(0, 2).Align().Bits(3, 16).Bits(0xFFFD, 16).Bits('a', 8));
        AssertInvalid(new BitWriter().Bits(1, 1).Bits(3, 2));                                 // no such block
        AssertInvalid(new BitWriter().Bits(1, 1).Bits(1, 2).Code("0000001 00000"));           // a match with nothing before it
        AssertInvalid(new BitWriter().Bits(1, 1).Bits(1, 2).Code("00110000 0000001 00001"));  // further back than anything
        AssertData("\0\0\0\0", new BitWriter().Bits(1, 1).Bits(1, 2).Code("00110000 0000001 00000 0000000"));
        AssertInvalid(new BitWriter().Bits(1, 1).Bits(1, 2).Code("00110000 11000110"));       // length code 286
        AssertInvalid(new BitWriter().Bits(1, 1).Bits(1, 2).Code("00110000 0000001 11110"));  // distance code 30
    }

    private static void AssertData(string expected, BitWriter packed)
    {
        foreach (int padding in (int[])[0, 20])
        {
            byte[] bytes = [.. packed.ToArray(), .. new byte[padding]];
            foreach (int pieceMax in (int[])[1, 100])
            {
                InflateStatus status = Decode(bytes, new Random(1), pieceMax, GzipFormat.Raw, 32768, out byte[] data, out _, out int consumed);
                Assert.Equal((InflateStatus.Done, expected, bytes.Length - padding), (status, Encoding.ASCII.GetString(data), consumed));
            }
        }
    }

    private static void AssertInvalid(BitWriter packed)
    {
        byte[] bytes = [.. packed.ToArray(), .. new byte[20]];
        foreach (int pieceMax in (int[])[1, 100])
        {
            InflateStatus status = Decode(bytes, new Random(1), pieceMax, GzipFormat.Raw, 32768, out _, out ParseFault fault, out _);
            Assert.Equal((InflateStatus.Failed, FaultKind.BadValue), (status, fault.Kind));
        }

        using DeflateStream theirs = new(new MemoryStream(bytes), CompressionMode.Decompress);
        Assert.Throws<InvalidDataException>(() => theirs.CopyTo(Stream.Null));
    }

    /// <summary>Writes deflate data bit by bit.</summary>
    private sealed class BitWriter
    {
        private readonly List<bool> _bits = [];

        /// <summary>A number, least significant bit first.</summary>
        public BitWriter Bits(int value, int count)
        {
            for (int i = 0; i < count; i++)
                _bits.Add((value >> i & 1) != 0);
            return this;
        }

        /// <summary>Codes as they are read: first bit first.</summary>
        public BitWriter Code(string bits)
        {
            _bits.AddRange(bits.Where(bit => bit != ' ').Select(bit => bit == '1'));
            return this;
        }

        public BitWriter Align()
        {
            while (_bits.Count % 8 != 0)
                _bits.Add(false);
            return this;
        }

        /// <summary>The head of a last, dynamic block. Code lengths are written with 4 bits each, 0 to 15.</summary>
        public BitWriter Dynamic(byte[] literals, byte[] distances)
        {
            Bits(1, 1).Bits(2, 2).Bits(literals.Length - 257, 5).Bits(distances.Length - 1, 5).Bits(15, 4);
            for (int i = 0; i < 19; i++)
                Bits(i < 3 ? 0 : 4, 3); // 16, 17 and 18 come first, and have no code
            foreach (byte length in (byte[])[.. literals, .. distances])
                Code(Convert.ToString(length, 2).PadLeft(4, '0'));
            return this;
        }

        public byte[] ToArray()
        {
            byte[] bytes = new byte[(_bits.Count + 7) / 8];
            for (int i = 0; i < _bits.Count; i++)
                bytes[i / 8] |= (byte)(_bits[i] ? 1 << (i % 8) : 0);
            return bytes;
        }
    }

    [Fact]
    public void StopsWhereAMemberEnds()
    {
        byte[] first = CpioTests.Gzip(MakeData("text"));
        byte[] second = CpioTests.Gzip(MakeData("random"));
        byte[] both = [.. first, .. second];
        GzipDecoder decoder = default;
        byte[] window = new byte[32768];
        ByteCollector sink = new(int.MaxValue);
        Assert.Equal(InflateStatus.Done, decoder.Decode(both, window, ref sink, out int taken));
        Assert.Equal(first.Length, taken);
        Assert.Equal(InflateStatus.Done, decoder.Decode(both.AsSpan(taken), window, ref sink, out int none));
        Assert.Equal(0, none);
        decoder.Reset();
        Assert.Equal(InflateStatus.Done, decoder.Decode(both.AsSpan(taken), window, ref sink, out int more));
        Assert.Equal(second.Length, more);
        Assert.Equal([.. MakeData("text"), .. MakeData("random")], sink.Bytes.ToArray());
    }

    [Fact]
    public void ASinkCanEndIt()
    {
        GzipDecoder decoder = default;
        ByteCollector sink = new(lengthMax: 100_000);
        Assert.Equal(InflateStatus.Failed, decoder.Decode(CpioTests.Gzip(MakeData("zeros")), new byte[32768], ref sink, out _));
        Assert.Equal(FaultKind.Refused, decoder.Fault.Kind);
        Assert.InRange(sink.Bytes.Length, 100_000, 100_000 + 32768);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1024)]
    [InlineData(40_000)]
    public void RefusesAWindowThatIsNone(int size)
    {
        GzipDecoder decoder = default;
        ByteCollector sink = new(int.MaxValue);
        Assert.Equal(InflateStatus.Failed, decoder.Decode(CpioTests.Gzip([1, 2, 3]), new byte[size], ref sink, out _));
    }

    [Fact]
    public void ComputesTheCrcOfAnyLengthInAnyPieces()
    {
        byte[] data = MakeData("random")[..1000];
        Crc32 crc = default;
        Assert.Equal(0xCBF43926u, crc.Update(0, "123456789"u8)); // the check value that catalogues of CRCs give
        uint whole = crc.Update(0, data);
        for (int cut = 0; cut < 100; cut++)
            Assert.Equal(whole, crc.Update(crc.Update(0, data.AsSpan(0, cut)), data.AsSpan(cut)));
        Assert.Equal(0u, crc.Update(0, []));
    }

    // Puts a header with the wanted fields in place of the plain one of ten bytes.
    private static byte[] WithHeader(byte[] plain, int flags)
    {
        List<byte> header = [0x1F, 0x8B, 8, (byte)(flags & 31), 1, 2, 3, 4, 0, 3];
        if ((flags & 4) != 0)
            header.AddRange((flags & 64) != 0 ? [0, 0] : [5, 0, 0x1F, 0, 0xFF, 1, 0]);
        if ((flags & 8) != 0)
            header.AddRange("file.cpio\0"u8);
        if ((flags & 16) != 0)
            header.AddRange("\0"u8);
        if ((flags & 2) != 0)
        {
            Crc32 crc = default;
            uint check = crc.Update(0, header.ToArray());
            header.AddRange([(byte)check, (byte)(check >> 8)]);
        }

        return [.. header, .. plain.AsSpan(10)];
    }
}

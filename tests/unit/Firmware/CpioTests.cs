// cpio archives by both readers, the one over memory and the one for pieces, which must agree.
using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using Commence.Firmware;
using Commence.Firmware.Cpio;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Firmware;

public class CpioTests
{
    internal static readonly Member[] Sample =
    [
        new("dev", Archives.Directory_, []),
        new("dev/console", Archives.CharacterDevice, [], 2, 1, 5, 1),
        new("bin/busybox", 0x81ED, [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7))], 3),
        new("bin/sh", Archives.Link, "busybox"u8.ToArray(), 4),
        new("a", Archives.File_, [], 5, 2),
        new("b", Archives.File_, "the data of both"u8.ToArray(), 5, 2),
        new("empty", Archives.File_, [], 6),
    ];

    private static readonly Gen<Member> s_member =
        from name in Gen.Choose(1, 40)
        from mode in Gen.Elements(Archives.File_, Archives.Directory_, Archives.Link, Archives.CharacterDevice)
        from length in Gen.Frequency((3, Gen.Choose(0, 20)), (1, Gen.Choose(0, 3000)))
        from inode in Gen.Choose(0, 5)
        select new Member(
            new string((char)('a' + (name % 26)), name), mode,
            mode is Archives.File_ or Archives.Link ? [.. Enumerable.Range(1, length).Select(i => (byte)(i % 255 + 1))] : [], (uint)inode);

    internal static List<Member> Read(byte[] archive, out ParseFault fault, out List<int> archiveNumbers, out bool hasTrailer)
    {
        List<Member> members = [];
        archiveNumbers = [];
        CpioArchive.Enumerator cursor = new CpioArchive(archive).GetEnumerator();
        while (cursor.MoveNext())
        {
            CpioMember member = cursor.Current;
            members.Add(Collector.ToMember(member.Header, Encoding.UTF8.GetString(member.Name), member.Data.ToArray()));
            archiveNumbers.Add(member.ArchiveNumber);
        }

        fault = cursor.Fault;
        hasTrailer = cursor.HasTrailer;
        return members;
    }

    internal static Collector Stream(IEnumerable<byte[]> pieces, out ParseFault fault, out bool hasTrailer)
    {
        Collector collector = new();
        CpioStream stream = default;
        foreach (byte[] piece in pieces)
            stream.Write(piece, ref collector);
        stream.End();
        fault = stream.Fault;
        hasTrailer = stream.HasTrailer;
        return collector;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReadsAllKindsOfMembers(bool hasChecksums)
    {
        byte[] archive = Archives.Cpio(Sample, hasChecksums: hasChecksums);
        Assert.Equal(Sample, Read(archive, out ParseFault fault, out _, out bool hasTrailer));
        Assert.Equal((false, true), (fault.IsFault, hasTrailer));
        Collector collector = Stream([archive], out fault, out hasTrailer);
        Assert.Equal(Sample, collector.Members);
        Assert.Equal((false, true), (fault.IsFault, hasTrailer));
    }

    [Fact]
    public void TypesAndPermissions()
    {
        foreach (CpioMember member in new CpioArchive(Archives.Cpio(Sample[..2])))
        {
            bool isDirectory = member.Name.SequenceEqual("dev"u8);
            Assert.Equal(isDirectory ? CpioFileType.Directory : CpioFileType.CharacterDevice, member.Header.Type);
            Assert.Equal(isDirectory ? 0x1EDu : 0x180u, member.Header.Permissions);
        }
    }

    [Fact]
    public void BothReadersAgreeHoweverTheBytesArrive() => Prop.ForAll(
        s_member.ListOf().ToArbitrary(), s_member.ListOf().ToArbitrary(), Gen.Choose(1, 1 << 30).ToArbitrary(),
        (first, second, seed) =>
        {
            Random random = new(seed);
            byte[] gap = new byte[random.Next(0, 600) / 4 * 4];
            byte[] image = [.. Archives.Cpio(first), .. gap, .. Archives.Cpio(second, hasChecksums: true), .. gap];
            List<Member> members = [.. first, .. second];
            Collector collector = Stream(Archives.Cut(image, random, random.Next(1, 300)), out ParseFault streamFault, out _);
            return members.SequenceEqual(Read(image, out ParseFault fault, out List<int> numbers, out _))
                && members.SequenceEqual(collector.Members)
                && !fault.IsFault && !streamFault.IsFault
                && collector.ArchiveEnds.SequenceEqual([first.Count, members.Count])
                && numbers.SequenceEqual([.. first.Select(_ => 0), .. second.Select(_ => 1)]);
        }).Holds(200);

    [Fact]
    public void AMissingTrailerIsSeen()
    {
        Assert.Equal(Sample, Read(Archives.Cpio(Sample, hasTrailer: false), out ParseFault fault, out _, out bool hasTrailer));
        Assert.Equal((false, false), (fault.IsFault, hasTrailer));
        Stream([Archives.Cpio(Sample, hasTrailer: false)], out fault, out hasTrailer);
        Assert.Equal((false, false), (fault.IsFault, hasTrailer));
    }

    [Fact]
    public void ACutArchiveKeepsTheMembersBefore()
    {
        byte[] archive = Archives.Cpio(Sample, hasTrailer: false);
        for (int length = 0; length < archive.Length; length += 37)
        {
            byte[] cut = archive[..length];
            List<Member> members = Read(cut, out ParseFault fault, out _, out _);
            Assert.Equal(Sample[..members.Count], members);
            Collector collector = Stream([cut], out ParseFault streamFault, out _);
            Assert.Equal(members, collector.Members);
            Assert.Equal(fault.IsFault, streamFault.IsFault);
            if (fault.IsFault)
                Assert.Equal((FaultKind.Truncated, fault.Offset), (streamFault.Kind, streamFault.Offset));
        }
    }

    public static TheoryData<int, byte, FaultKind, int> Broken => new()
    {
        { 5, (byte)'7', FaultKind.BadSignature, 0 },     // the old ASCII format
        { 14, (byte)'g', FaultKind.BadValue, 14 },       // no digit
        { 61, 0, FaultKind.BadValue, 61 },
        { 54, (byte)'F', FaultKind.Truncated, 0 },       // a file of 4 GiB
        { 94, (byte)'1', FaultKind.BadLength, 94 },      // a name of 256 MiB
        { 113, (byte)'x', FaultKind.BadValue, 110 },     // the name's zero
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void NamesAndPlacesWhatIsWrong(int offset, byte value, FaultKind kind, int at)
    {
        byte[] archive = Archives.Cpio([new Member("one", Archives.File_, [1]), .. Sample]);
        byte[] first = Archives.Cpio([Sample[0]], hasTrailer: false);
        archive[offset] = value;
        byte[] image = [.. first, .. archive];
        Assert.Single(Read(image, out ParseFault fault, out _, out _));
        Assert.Equal((kind, (ulong)(first.Length + at)), (fault.Kind, fault.Offset));
        Collector collector = Stream([image], out fault, out _);
        Assert.Equal(kind, fault.Kind);
        Assert.Equal((ulong)(first.Length + at), fault.Offset);
        Assert.Single(collector.Members);
    }

    [Fact]
    public void ChecksTheChecksum()
    {
        byte[] archive = Archives.Cpio(Sample[2..3], hasChecksums: true);
        archive[200]++;
        Read(archive, out ParseFault fault, out _, out _);
        Assert.Equal(FaultKind.BadChecksum, fault.Kind);
        Stream([archive], out fault, out _);
        Assert.Equal(FaultKind.BadChecksum, fault.Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    public void NamesAreBounded(string tail)
    {
        // 4095 characters and the zero fit, one more does not; an empty name is none.
        byte[] archive = Archives.Cpio([new Member(new string('n', 4095) + tail, Archives.File_, [])]);
        Assert.Equal(tail.Length == 0 ? 1 : 0, Read(archive, out ParseFault fault, out _, out _).Count);
        Assert.Equal(tail.Length == 0 ? FaultKind.None : FaultKind.BadLength, fault.Kind);
        Read(Archives.Cpio([new Member("", Archives.File_, [])]), out fault, out _, out _);
        Assert.Equal(FaultKind.BadValue, fault.Kind);
        Read(Archives.Cpio([new Member("link", Archives.Link, new byte[4096])]), out fault, out _, out _);
        Assert.Equal(FaultKind.BadLength, fault.Kind);
    }

    [Fact]
    public void ASinkCanEndIt()
    {
        foreach (int refuseAt in (int[])[0, 1, 2, 3])
        {
            Refusing sink = new() { RefuseAt = refuseAt };
            CpioStream stream = default;
            Assert.False(stream.Write(Archives.Cpio([Sample[2]]), ref sink));
            Assert.Equal(FaultKind.Refused, stream.Fault.Kind);
            Assert.False(stream.Write(new byte[1], ref sink));
            Assert.False(stream.End());
        }
    }

    [Fact]
    public void UnpacksPlainAndCompressedArchivesInAnyOrder()
    {
        byte[] plain = Archives.Cpio(Sample[..3]);
        byte[] packed = Gzip(Archives.Cpio(Sample[3..]));
        foreach (byte[][] parts in (byte[][][])[[plain], [packed], [plain, new byte[512], packed, new byte[3]], [packed, plain, packed]])
        {
            Collector collector = new();
            Initramfs unpacker = default;
            byte[] image = [.. parts.SelectMany(part => part)];
            Assert.True(unpacker.TryUnpack(image, new byte[32768], ref collector, out ParseFault fault), fault.Kind.ToString());
            List<Member> expected = [.. parts.SelectMany(part => part == plain ? Sample[..3] : part == packed ? Sample[3..] : [])];
            Assert.Equal(expected, collector.Members);
            Assert.Equal(expected.Count, unpacker.MemberCount);
        }
    }

    [Fact]
    public void NamesWhatIsWrongWithAnInitramfs()
    {
        byte[] plain = Archives.Cpio(Sample);
        byte[] packed = Gzip(plain);
        byte[] garbled = [.. packed];
        garbled[^6]++; // the checksum
        AssertFault([.. new byte[8], 0x28, 0xB5, 0x2F, 0xFD], FirmwarePart.Initramfs, FaultKind.BadSignature, 8); // zstd
        AssertFault([.. plain, 1, 2, 3], FirmwarePart.Initramfs, FaultKind.BadSignature, plain.Length);
        AssertFault(plain[..700], FirmwarePart.Cpio, FaultKind.Truncated, 240);
        AssertFault(packed[..300], FirmwarePart.Gzip, FaultKind.Truncated, 300);
        AssertFault([.. plain, .. garbled], FirmwarePart.Gzip, FaultKind.BadChecksum, plain.Length + packed.Length - 4);
        AssertFault(Gzip(plain[..700]), FirmwarePart.Cpio, FaultKind.Truncated, 240);
        AssertFault([.. Gzip(plain[..700]), .. plain], FirmwarePart.Initramfs, FaultKind.BadSignature, Gzip(plain[..700]).Length);
        AssertFault(Gzip("no archive at all, whatever the wrapping"u8.ToArray()), FirmwarePart.Cpio, FaultKind.Truncated, 0);

        // A member may go over from one gzip member to the next.
        Collector collector = new();
        Initramfs unpacker = default;
        Assert.True(unpacker.TryUnpack([.. Gzip(plain[..700]), .. Gzip(plain[700..])], new byte[32768], ref collector, out _));
        Assert.Equal(Sample, collector.Members);
    }

    private static void AssertFault(byte[] image, FirmwarePart part, FaultKind kind, int offset)
    {
        Collector collector = new();
        Initramfs unpacker = default;
        Assert.False(unpacker.TryUnpack(image, new byte[32768], ref collector, out ParseFault fault));
        Assert.Equal((part, kind, (ulong)offset), (fault.Part, fault.Kind, fault.Offset));
    }

    internal static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Optimal)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, level))
            stream.Write(bytes);
        return packed.ToArray();
    }

    private struct Refusing : ICpioSink
    {
        private int _calls;

        public int RefuseAt { get; init; }

        public bool BeginMember(in CpioHeader header, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) => _calls++ != RefuseAt;

        public bool Write(ReadOnlySpan<byte> data) => _calls++ != RefuseAt;

        public bool EndMember() => _calls++ != RefuseAt;

        public bool EndArchive() => _calls++ != RefuseAt;
    }
}

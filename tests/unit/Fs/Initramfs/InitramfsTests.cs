using System;
using System.Linq;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Tests.Firmware;
using Commence.Tests.Memory;
using Commence.Tests.Sched;
using Xunit;
using Image = Commence.Fs.Initramfs;

namespace Commence.Tests.Fs.Initramfs;

public class InitramfsTests
{
    [Fact]
    public void RootFsHasWhatProgramsExpectWithoutAnArchive() => Unpacked(null, () =>
    {
        Assert.Equal(0x41EDu, Files.Stat("/dev").Mode);
        Assert.Equal(0x41C0u, Files.Stat("/root").Mode);
        AssertDevice("/dev/console", 0x2180, 5, 1);
        AssertDevice("/dev/null", 0x21B6, 1, 3);
        AssertDevice("/dev/ttyS0", 0x2190, 4, 64);
        AssertDevice("/dev/kmsg", 0x21A4, 1, 11);
    });

    [Fact]
    public void MembersBecomeFilesWithAllTheirAttributes()
    {
        CpioBuilder archive = new CpioBuilder()
            .Directory(".", 0x1C9, time: 5)
            .Directory("etc", 0x1E8, time: 77)
            .File("etc/shadow", "secret\n", 0x180, uid: 3, gid: 42, time: 99)
            .File("su", "#!", 0x9ED)
            .Link("motd", "etc/shadow")
            .Add("fifo", 0x1180, [])
            .Add("disk", 0x61B0, [], major: 8, minor: 300, uid: 1)
            .File("empty", "")
            .Trailer();
        Unpacked(archive.Bytes, () =>
        {
            Assert.Equal(0x41C9u, Files.Stat("/").Mode);
            Assert.Equal(5, Files.Stat("/").ModificationTime.Seconds);
            Assert.Equal(0x41E8u, Files.Stat("/etc").Mode);
            Assert.Equal(77, Files.Stat("/etc").ModificationTime.Seconds);
            Stat shadow = Files.Stat("/etc/shadow");
            Assert.Equal((0x8180u, 3u, 42u, 99L, 7L, 1ul), (shadow.Mode, shadow.UserId, shadow.GroupId, shadow.ModificationTime.Seconds, shadow.Size, shadow.LinkCount));
            Assert.Equal("secret\n", Files.ReadText("/motd"));
            Assert.Equal("etc/shadow", Files.Target("/motd"));
            Assert.Equal(CpioBuilder.Time, Files.Stat("/motd").ModificationTime.Seconds);
            Assert.Equal(0x89EDu, Files.Stat("/su").Mode);
            Assert.Equal(0x1180u, Files.Stat("/fifo").Mode);
            AssertDevice("/disk", 0x61B0, 8, 300);
            Assert.Equal(0, Files.Stat("/empty").Size);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ContentsOfAnyLengthArrive(bool isCompressed)
    {
        int[] lengths = [1, 3, 4095, 4096, 4097, 70_001, 300_000];
        CpioBuilder archive = new(hasChecksums: true);
        foreach (int length in lengths)
            archive.Add($"f{length}", 0x81A4, Contents(length));
        archive.Trailer();
        Unpacked(isCompressed ? archive.Compressed : archive.Bytes, () =>
        {
            foreach (int length in lengths)
                Assert.True(Files.Read($"/f{length}").AsSpan().SequenceEqual(Contents(length)), $"{length}");
        });
    }

    [Fact]
    public void HardLinksAreOneFileWhicheverMemberBringsTheContents()
    {
        byte[] first = new CpioBuilder()
            .Add("a", 0x81A4, [], links: 3, inode: 7).Add("b", 0x81A4, [], links: 3, inode: 7).Add("c", 0x81A4, Files.Bytes("last"), links: 3, inode: 7)
            .Add("x", 0x81A4, Files.Bytes("first"), links: 2, inode: 8).Add("y", 0x81A4, [], links: 2, inode: 8)
            .Trailer().Bytes;
        byte[] second = new CpioBuilder().Add("other", 0x81A4, Files.Bytes("not a"), links: 2, inode: 7).Trailer().Bytes;
        Unpacked([.. first, .. second], () =>
        {
            Assert.Equal(3ul, Files.Stat("/a").LinkCount);
            Assert.Equal(Files.Stat("/a").Inode, Files.Stat("/b").Inode);
            Assert.Equal("last", Files.ReadText("/a"));
            Assert.Equal("last", Files.ReadText("/c"));
            Assert.Equal("first", Files.ReadText("/y"));
            Assert.Equal("not a", Files.ReadText("/other"));
            Assert.Equal(1ul, Files.Stat("/other").LinkCount);
        });
    }

    [Fact]
    public void ArchivesFollowEachOtherPlainAndCompressed()
    {
        byte[] microcode = new CpioBuilder().Directory("kernel").File("kernel/ucode", "u").Trailer().Bytes;
        byte[] main = new CpioBuilder().File("init", "one").File("both", "old old old").Trailer().Compressed;
        byte[] more = new CpioBuilder().File("both", "new").Trailer().Compressed;
        Unpacked([.. microcode, .. new byte[512 - (microcode.Length % 512)], .. main, .. more, 0, 0, 0], () =>
        {
            Assert.Equal("u", Files.ReadText("/kernel/ucode"));
            Assert.Equal("one", Files.ReadText("/init"));
            Assert.Equal("new", Files.ReadText("/both"));
        });
    }

    [Fact]
    public void WhatIsInTheWayIsReplaced()
    {
        CpioBuilder archive = new CpioBuilder()
            .Directory("d").Link("l", "d").File("f", "x").Directory("full").File("full/file", "y")
            .File("d", "file now").Directory("l").File("l/inside", "z").Link("f", "d").File("full", "never")
            .Trailer();
        LogWatch log = new();
        Unpacked(archive.Bytes, () =>
        {
            Assert.Equal("file now", Files.ReadText("/d"));
            Assert.Equal("z", Files.ReadText("/l/inside"));
            Assert.Equal("d", Files.Target("/f"));
            Assert.Equal("y", Files.ReadText("/full/file")); // a directory with something in it stays
            Assert.Contains("cannot make full: EEXIST", log.Text);
        });
    }

    [Fact]
    public void AMemberWithoutADirectoryIsNamedAndLeftOut()
    {
        CpioBuilder archive = new CpioBuilder().File("no/such/file", "x").File("good", "y").Trailer();
        LogWatch log = new();
        Unpacked(archive.Bytes, () =>
        {
            Assert.Equal("y", Files.ReadText("/good"));
            Assert.Contains("initramfs: cannot make no/such/file: ENOENT", log.Text);
            Assert.Contains("1 of 2 files could not be made", log.Text);
        });
    }

    [Fact]
    public void PathsMayBeAbsoluteOrBeginWithADot()
    {
        CpioBuilder archive = new CpioBuilder().Directory("/a").File("./a/b", "1").File("a//c", "2").File("../../d", "3").Trailer();
        Unpacked(archive.Bytes, () =>
        {
            Assert.Equal("1", Files.ReadText("/a/b"));
            Assert.Equal("2", Files.ReadText("/a/c"));
            Assert.Equal("3", Files.ReadText("/d"));
        });
    }

    public static TheoryData<string, byte[], string> Faults()
    {
        byte[] sound = new CpioBuilder().File("kept", "text").File("victim", new string('v', 5000)).Trailer().Bytes;
        byte[] packed = CpioBuilder.Gzip(sound);
        byte[] badSum = new CpioBuilder(hasChecksums: true).File("kept", "text").File("victim", "12345678").Trailer().Bytes;
        badSum[badSum.AsSpan().IndexOf("12345678"u8)] = (byte)'9';
        return new TheoryData<string, byte[], string>
        {
            { "cut in a file", sound[..2000], "cpio archive: ends too early at offset 0x7" },
            { "gzip cut", packed[..^4], "gzip stream: ends too early" },
            { "gzip checksum", [.. packed[..^8], 1, 2, 3, 4, .. packed[^4..]], "gzip stream: wrong checksum" },
            { "junk behind", [.. sound, .. Files.Bytes("junk")], $"initramfs: wrong signature at offset 0x{sound.Length:x}" },
            { "checksum", badSum, "cpio archive: wrong checksum" },
            { "xz behind", [.. sound, 0xFD, .. Files.Bytes("7zXZ"), 0, 1, 2], "xz is not supported" },
        };
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void AFaultIsNamedAndWhatWasSoundIsKept(string what, byte[] image, string message)
    {
        LogWatch log = new();
        HostedKernel.Run(() =>
        {
            RootFs.Mount();
            Assert.False(Image.Unpack(image), what);
            Assert.Equal("text", Files.ReadText("/kept"));
        });
        Assert.Contains("Initramfs unpacking failed: ", log.Text);
        Assert.Contains(message, log.Text);
    }

    [Fact]
    public void AnArchiveThatUnpacksToMoreThanThereIsLeavesMemoryToTheMachine()
    {
        CpioBuilder archive = new CpioBuilder().File("kept", "text").Add("bomb", 0x81A4, new byte[64 << 20]).Trailer();
        byte[] image = archive.Compressed;
        LogWatch log = new();
        HostedKernel.Run(() =>
        {
            RootFs.Mount();
            PageStatistics before = KernelMemory.Pages.ReadStatistics();
            ulong kept = before.ManagedPages / 16;
            PageChain taken = TestMemory.Exhaust(KernelMemory.Pages, left: kept + (8 << 20 >> 12));
            Assert.False(Image.Unpack(image));
            ulong left = KernelMemory.Pages.ReadStatistics().FreePages;
            taken.FreeAll(KernelMemory.Pages);
            Assert.InRange(left, kept, kept + 512);
            Assert.Equal("text", Files.ReadText("/kept"));
        });
        Assert.Contains("Initramfs unpacking failed: out of memory", log.Text);
    }

    [Fact]
    public void DamagedArchivesNeverStopTheKernel()
    {
        byte[] plain = new CpioBuilder(hasChecksums: true)
            .Directory("d").File("d/f", new string('x', 200)).Link("l", "d/f").Add("n", 0x2180, [], major: 1, minor: 3)
            .Add("h1", 0x81A4, [], links: 2, inode: 9).Add("h2", 0x81A4, Contents(5000), links: 2, inode: 9).Trailer().Bytes;
        byte[] packed = CpioBuilder.Gzip(plain);
        Fuzz.Run("initramfs", 20, random =>
        {
            byte[] damaged = Fuzz.Mutate(random.Next(2) == 0 ? plain : packed, random);
            HostedKernel.Run(() =>
            {
                RootFs.Mount();
                Image.Unpack(damaged);
                Assert.Contains("dev", Files.List("/"));
            });
        });
    }

    private static void Unpacked(byte[]? image, Action check) => HostedKernel.Run(() =>
    {
        RootFs.Mount();
        Assert.True(image is null || Image.Unpack(image));
        check();
    });

    private static byte[] Contents(int length) => [.. Enumerable.Range(0, length).Select(static i => (byte)(i * 7 ^ (i >> 8)))];

    private static void AssertDevice(string path, uint mode, uint major, uint minor)
    {
        Stat stat = Files.Stat(path);
        Assert.Equal((mode, new DeviceNumber(major, minor).Encoded), (stat.Mode, (uint)stat.SpecialDevice));
    }
}

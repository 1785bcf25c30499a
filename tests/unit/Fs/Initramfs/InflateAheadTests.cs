// Archives in many short gzip members: all processors decompress them, and what comes out is what one processor gets.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Commence.Fs;
using Commence.Firmware;
using Commence.Lib;
using Commence.Memory;
using Commence.Tests.Firmware;
using Commence.Tests.Memory;
using Commence.Tests.Sched;
using Xunit;
using Image = Commence.Fs.Initramfs;

namespace Commence.Tests.Fs.Initramfs;

public class InflateAheadTests
{
    private const int Seed = 20260502;

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 17)]
    [InlineData(30, 200)]
    public void ShortMembersAreDoneAhead(int membersMin, int membersMax)
    {
        Random random = new(Seed);
        byte[] contents = Noise(random, 300_000);
        byte[] plain = new CpioBuilder().Add("noise", 0x81A4, contents).File("last", "text").Trailer().Bytes;
        for (int members = membersMin; members <= membersMax; members += Math.Max(1, (membersMax - membersMin) / 5))
        {
            byte[] packed = Packed(plain, Math.Max(1, plain.Length / members));
            Assert.InRange(Unpack(packed, out _, () => Assert.True(Files.Read("/noise").AsSpan().SequenceEqual(contents))), plain.Length / members > InflateAhead.RoomBytes ? 0 : members, members + 2);
        }
    }

    // Zero bytes between members, archives that are not compressed, members too long for a room, one that has a name and an extra field.
    [Fact]
    public void OtherThingsBetweenThemAreReadInTheirPlace()
    {
        Random random = new(Seed);
        byte[] Archive(string name, int length) => new CpioBuilder().Add(name, 0x81A4, Noise(random, length)).Trailer().Bytes;
        byte[] first = Archive("a", 100_000);
        byte[] image =
        [
            .. Packed(first, 20_000), .. new byte[100], .. Archive("b", 5000), .. new byte[3], .. Packed(Archive("c", 150_000), 150_000 * 2),
            .. Packed(Archive("d", 200_000), 30_000), .. Packed(new CpioBuilder().Add("e", 0x81A4, new byte[500_000]).Trailer().Bytes, 1 << 20),
        ];
        int ahead = Unpack(image, out string log, () => Assert.Equal(["a", "b", "c", "d", "e"], Files.List("/").Where(static name => name.Length == 1 && name != ".").Order()));
        Assert.DoesNotContain("failed", log, StringComparison.Ordinal);
        Assert.InRange(ahead, 10, 20);
    }

    // Stored data holds whatever the file holds, here what looks like the beginning of a member, again and again.
    [Fact]
    public void WhatLooksLikeAMemberAndIsNoneDoesNoHarm()
    {
        byte[] contents = [.. Enumerable.Repeat((byte[])[0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6, 3, 0, 0], 8000).SelectMany(static bytes => bytes)];
        byte[] plain = new CpioBuilder().Add("tricky", 0x81A4, contents).Trailer().Bytes;
        byte[] packed = Packed(plain, 20_000, System.IO.Compression.CompressionLevel.NoCompression);
        Unpack(packed, out string log, () => Assert.True(Files.Read("/tricky").AsSpan().SequenceEqual(contents)));
        Assert.DoesNotContain("failed", log, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedImagesGiveTheSameFilesAndTheSameWords()
    {
        Random data = new(Seed);
        byte[] plain = new CpioBuilder(hasChecksums: true)
            .Directory("d").Add("d/f", 0x81A4, Noise(data, 3000)).Link("l", "d/f").Add("g", 0x81A4, Noise(data, 9000)).File("h", "text").Trailer().Bytes;
        byte[] packed = Packed(plain, 1500);
        Fuzz.Run("members ahead", 40, random =>
        {
            byte[] damaged = Fuzz.Mutate(packed, random);
            List<string> alone = [];
            List<string> together = [];
            LogWatch log = new();
            HostedKernel.Run(() =>
            {
                RootFs.Mount();
                Image.Unpack(damaged);
                alone = Contents();
            });
            alone.Add(Words(log.Text));
            Unpack(damaged, out string said, () => together = Contents(), isSound: null);
            together.Add(Words(said));
            Assert.Equal(alone, together);
        });
    }

    [Fact]
    public void WithoutMemoryForRoomsTheUnpackerDoesItAlone()
    {
        Random random = new(Seed);
        byte[] contents = Noise(random, 60_000);
        byte[] packed = Packed(new CpioBuilder().Add("noise", 0x81A4, contents).Trailer().Bytes, 5000);
        LogWatch log = new();
        HostedKernel.Run(() =>
        {
            RootFs.Mount();
            using InMemory image = new(packed);
            PageChain taken = TestMemory.Exhaust(KernelMemory.Pages, left: 100);
            InflateAhead ahead = InflateAhead.TryMake(image.Range)!;
            bool isTaken = ahead.TryTake(0, out _, out _);
            ahead.Free();
            taken.FreeAll(KernelMemory.Pages);
            Assert.False(isTaken);
            Assert.True(Image.UnpackInPlace(image.Range));
            Assert.True(Files.Read("/noise").AsSpan().SequenceEqual(contents));
        });
    }

    // Returns how many members were done ahead.
    private static int Unpack(byte[] packed, out string said, Action check, bool? isSound = true)
    {
        LogWatch log = new();
        HostedKernel.Run(() =>
        {
            RootFs.Mount();
            using InMemory image = new(packed);
            bool wasSound = Image.UnpackInPlace(image.Range);
            Assert.Equal(isSound ?? wasSound, wasSound);
            check();
        });
        said = log.Text;
        Match count = Regex.Match(said, @"(\d+) gzip members decompressed ahead");
        Assert.True(count.Success);
        return int.Parse(count.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static byte[] Packed(
        byte[] bytes, int memberBytes, System.IO.Compression.CompressionLevel level = System.IO.Compression.CompressionLevel.Optimal) =>
        [.. bytes.Chunk(memberBytes).SelectMany(part => CpioTests.Gzip(part, level))];

    // Compresses to about half.
    private static byte[] Noise(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (byte)(random.Next(16) + 'a'))];

    private static List<string> Contents() =>
        [.. Files.List("/").Where(static name => name is not ("." or "..")).Order(StringComparer.Ordinal).Select(static name => Files.Stat("/" + name) is { Mode: >= 0x8000 and < 0x9000 }
            ? $"{name} {Convert.ToHexString(Files.Read("/" + name))}" : name)];

    // But for how long it took, and by whom.
    private static string Words(string log) => Regex.Replace(log, @" in \d+ us, \d+ gzip", "");

    private sealed class InMemory : IDisposable
    {
        private KBuffer _buffer;

        public InMemory(byte[] bytes)
        {
            Assert.True(Kmalloc.TryAllocate(bytes.Length, out _buffer));
            bytes.CopyTo(_buffer.Span);
        }

        public PhysRange Range => new(_buffer.Address, (ulong)_buffer.Length);

        public void Dispose() => _buffer.Free();
    }
}

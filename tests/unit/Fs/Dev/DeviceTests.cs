using System;
using System.Text;
using Commence.Abi;
using Commence.Fs;
using Commence.Lib;
using Commence.Tests.Sched;
using Xunit;

namespace Commence.Tests.Fs.Dev;

public class DeviceTests
{
    [Fact]
    public void NullIsEmptyAndTakesEverything() => WithDevices(() =>
    {
        File file = Files.Open("/dev/null", OpenFlags.ReadWrite);
        Assert.Empty(Files.ReadAll(file));
        Assert.Equal(100_000, Files.Write(file, new byte[100_000]).Value);
        Assert.Equal(0, file.Seek(55, SeekOrigin.Start).Value);
        Assert.Equal(Errno.EINVAL, file.Truncate(3));
        file.Put();
    });

    [Fact]
    public void ZeroHasNoEnd() => WithDevices(() =>
    {
        File file = Files.Open("/dev/zero", OpenFlags.ReadWrite);
        byte[] memory = new byte[3 << 20];
        memory.AsSpan().Fill(7);
        IoBuffer buffer = IoBuffer.OfKernel(memory);
        long position = 0;
        Assert.Equal(memory.Length, file.Read(ref buffer, ref position).Value);
        Assert.Equal(-1, memory.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Equal(4, Files.Write(file, new byte[4]).Value);
        file.Put();
    });

    [Fact]
    public void FullHasNoRoom() => WithDevices(() =>
    {
        File file = Files.Open("/dev/full", OpenFlags.WriteOnly);
        Assert.Equal(Errno.ENOSPC, Files.Write(file, new byte[1]).Error);
        file.Put();
    });

    [Fact]
    public void ADeviceWithoutADriverIsRefused() => WithDevices(() =>
    {
        Assert.Equal(Errno.None, Vfs.MakeNode(RootFs.View, default, Files.Bytes("/dev/port"), 0x2180, new DeviceNumber(1, 4)));
        Assert.Equal(Errno.None, Vfs.MakeNode(RootFs.View, default, Files.Bytes("/dev/card"), 0x2180, new DeviceNumber(226, 0)));
        Assert.Equal(Errno.ENXIO, Files.TryOpen("/dev/port", OpenFlags.ReadOnly));
        Assert.Equal(Errno.ENXIO, Files.TryOpen("/dev/card", OpenFlags.ReadOnly));
    });

    [Fact]
    public void DevtmpfsIsOneHoweverOftenItIsMounted() => WithDevices(() =>
    {
        Result<FileSystem> first = DevFs.Get();
        Result<FileSystem> second = DevFs.Get();
        Assert.Same(first.Value, second.Value);
        Mount(first.Value, "/dev");
        Assert.Contains("zero", Files.List("/dev"));
        Assert.Empty(Files.Read("/dev/null"));
        first.Value.Put();
        second.Value.Put();
    });

    [Fact]
    public void KmsgGivesOneRecordPerRead() => WithDevices(() =>
    {
        File file = Files.Open("/dev/kmsg", OpenFlags.ReadOnly | OpenFlags.O_NONBLOCK);
        Assert.Equal(0, file.Seek(0, SeekOrigin.End).Value);
        Assert.Equal(Errno.EAGAIN, ReadRecord(file).Error);
        Assert.Equal(PollEvents.None, file.Poll(null) & PollEvents.In);
        ulong sequence = Printk.Ring.End;
        Printk.Error($"first\tback\\slash é");
        Printk.Debug($"second");
        Assert.Equal(PollEvents.In, file.Poll(null) & PollEvents.In);
        Assert.Matches($@"^3,{sequence},\d+,-;first\\x09back\\x5cslash \\xc3\\xa9\n$", ReadRecord(file).Text);
        Assert.Matches($@"^7,{sequence + 1},\d+,-;second\n$", ReadRecord(file).Text);
        Assert.Equal(Errno.EAGAIN, ReadRecord(file).Error);
        file.Put();
    });

    [Fact]
    public void AMessageOfSeveralRecordsIsOne() => WithDevices(() =>
    {
        File file = Files.Open("/dev/kmsg", OpenFlags.ReadWrite | OpenFlags.O_NONBLOCK);
        file.Seek(0, SeekOrigin.End);
        string text = new string('a', 300) + new string('b', 300);
        Assert.Equal(605, Files.Write(file, Files.Bytes($"<12>{text}\n")).Value);
        Assert.Matches($@"^4,\d+,\d+,-;{text}\n$", ReadRecord(file).Text);
        Assert.Equal(Errno.EAGAIN, ReadRecord(file).Error);
        Assert.Equal(Errno.EINVAL, Files.Write(file, new byte[993]).Error);
        file.Put();
    });

    [Fact]
    public void AReaderThatIsTooSlowIsToldOnce() => WithDevices(() =>
    {
        File file = Files.Open("/dev/kmsg", OpenFlags.ReadOnly | OpenFlags.O_NONBLOCK);
        file.Seek(0, SeekOrigin.End);
        for (int i = 0; i < 2000; i++)
            Printk.Debug($"message {i}");
        Assert.Equal(Errno.EPIPE, ReadRecord(file).Error);
        Assert.EndsWith($";message {2000 - 512}\n", ReadRecord(file).Text);
        file.Put();
    });

    [Fact]
    public void ATooSmallBufferLosesNothing() => WithDevices(() =>
    {
        File file = Files.Open("/dev/kmsg", OpenFlags.ReadOnly | OpenFlags.O_NONBLOCK);
        file.Seek(0, SeekOrigin.End);
        Printk.Debug($"a message");
        Assert.Equal(Errno.EINVAL, ReadRecord(file, 8).Error);
        Assert.EndsWith(";a message\n", ReadRecord(file).Text);
        Assert.Equal(Errno.ESPIPE, file.Seek(1, SeekOrigin.Start).Error);
        file.Put();
    });

    [Fact]
    public void AReaderWaitsForTheNextRecord() => WithDevices(() =>
    {
        File file = Files.Open("/dev/kmsg");
        file.Seek(0, SeekOrigin.End);
        HostedKernel.Spawn(() =>
        {
            Commence.Sched.Scheduler.Sleep(Nanoseconds.FromMilliseconds(30));
            Printk.Debug($"at last");
        }).Detach();
        Assert.EndsWith(";at last\n", ReadRecord(file).Text);
        file.Put();
    });

    private static (Errno Error, string Text) ReadRecord(File file, int room = 8192)
    {
        byte[] memory = new byte[room];
        IoBuffer buffer = IoBuffer.OfKernel(memory);
        long position = 0;
        Result<long> read = file.Read(ref buffer, ref position);
        return (read.Error, read.IsOk ? Encoding.UTF8.GetString(memory, 0, (int)read.Value) : "");
    }

    internal static void Mount(FileSystem fileSystem, string at)
    {
        Result<Path> place = Vfs.Resolve(RootFs.View, default, Files.Bytes(at), WalkFlags.FollowLast);
        Assert.True(place.IsOk);
        Assert.Equal(Errno.None, RootFs.Mounts.Attach(fileSystem, fileSystem.Root, place.Value, MountFlags.None));
        place.Value.Put();
    }

    internal static void WithDevices(Action body) => HostedKernel.Run(() =>
    {
        RootFs.Mount();
        MemoryDevices.Register();
        body();
    });
}

// What tests of file systems do with files, by path.
using System;
using System.Collections.Generic;
using System.Text;
using Commence.Abi;
using Commence.Fs;
using Commence.Lib;
using Xunit;

namespace Commence.Tests.Fs;

internal static class Files
{
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static Stat Stat(string path, bool followsLink = false)
    {
        Result<Path> found = Vfs.Resolve(RootFs.View, default, Bytes(path), followsLink ? WalkFlags.FollowLast : WalkFlags.None);
        Assert.True(found.IsOk, $"{path}: {found.Error}");
        found.Value.Inode.ReadAttributes(out Stat stat);
        found.Value.Put();
        return stat;
    }

    public static Errno TryFind(string path)
    {
        Result<Path> found = Vfs.Resolve(RootFs.View, default, Bytes(path), WalkFlags.None);
        if (found.IsOk)
            found.Value.Put();
        return found.Error;
    }

    public static bool Exists(string path) => TryFind(path) == Errno.None;

    public static string Target(string path)
    {
        Result<Path> found = Vfs.Resolve(RootFs.View, default, Bytes(path), WalkFlags.None);
        Assert.True(found.IsOk, $"{path}: {found.Error}");
        byte[] target = new byte[4096];
        Result<int> length = found.Value.Inode.ReadLink(target);
        found.Value.Put();
        Assert.True(length.IsOk, $"{path}: {length.Error}");
        return Encoding.UTF8.GetString(target, 0, length.Value);
    }

    public static File Open(string path, OpenFlags flags = OpenFlags.ReadOnly)
    {
        Result<File> opened = Vfs.Open(RootFs.View, default, Bytes(path), flags, 0x1A4);
        Assert.True(opened.IsOk, $"{path}: {opened.Error}");
        return opened.Value;
    }

    public static Errno TryOpen(string path, OpenFlags flags)
    {
        Result<File> opened = Vfs.Open(RootFs.View, default, Bytes(path), flags, 0x1A4);
        if (opened.IsOk)
            opened.Value.Put();
        return opened.Error;
    }

    public static byte[] Read(string path, int pieceLength = 65536)
    {
        File file = Open(path);
        byte[] contents = ReadAll(file, pieceLength);
        file.Put();
        return contents;
    }

    public static string ReadText(string path, int pieceLength = 65536) => Encoding.UTF8.GetString(Read(path, pieceLength));

    public static byte[] ReadAll(File file, int pieceLength = 65536)
    {
        List<byte> contents = [];
        byte[] piece = new byte[pieceLength];
        long position = 0;
        while (true)
        {
            IoBuffer buffer = IoBuffer.OfKernel(piece);
            Result<long> count = file.Read(ref buffer, ref position);
            Assert.True(count.IsOk, count.Error.ToString());
            if (count.Value == 0)
                return [.. contents];
            contents.AddRange(piece.AsSpan(0, (int)count.Value));
        }
    }

    public static Result<long> Write(File file, byte[] bytes)
    {
        IoBuffer buffer = IoBuffer.OfKernelSource(bytes);
        long position = 0;
        return file.Write(ref buffer, ref position);
    }

    public static string[] List(string path)
    {
        File directory = Open(path, OpenFlags.ReadOnly | OpenFlags.O_DIRECTORY);
        List<string> names = [];
        byte[] records = new byte[600];
        while (true)
        {
            DirectoryCursor cursor = new(IoBuffer.OfKernel(records), directory.Position);
            Assert.Equal(Errno.None, directory.List(ref cursor));
            directory.Position = cursor.Position;
            if (cursor.Written == 0)
                break;
            for (int at = 0; at < cursor.Written; at += BitConverter.ToUInt16(records, at + 16))
            {
                int length = records.AsSpan(at + 19).IndexOf((byte)0);
                names.Add(Encoding.UTF8.GetString(records, at + 19, length));
            }
        }

        directory.Put();
        return [.. names];
    }
}

/// <summary>What the kernel logs from now on.</summary>
internal sealed class LogWatch
{
    private readonly ulong _start = Printk.Ring.End;

    public string Text
    {
        get
        {
            StringBuilder all = new();
            LogCursor cursor = new() { Next = _start };
            byte[] text = new byte[LogRing.RecordTextMax];
            while (Printk.Ring.Read(ref cursor, text, out LogRecord record) == LogReadStatus.Record)
                all.Append(Encoding.UTF8.GetString(text, 0, record.Length)).Append(record.IsContinued ? "" : "\n");
            return all.ToString();
        }
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using Commence.Machine.Initramfs;
using Xunit;

namespace Commence.ToolTests;

public sealed class InitramfsTests
{
    private const uint Directory = 0x4000;
    private const uint Regular = 0x8000;
    private const uint Link = 0xA000;

    [Fact]
    public void EntriesHaveTheirTypesAndComeAfterTheirDirectories()
    {
        InitramfsBuilder files = new();
        files.AddSymbolicLink("/bin/sh", "busybox");
        files.AddFile("/bin/busybox", [1, 2, 3, 4, 5]);
        files.AddDirectory("/tmp", 0x3FF);
        files.AddCharacterDevice("/dev/console", 5, 1);

        List<Entry> entries = Read(files);

        Assert.Equal(["bin", "bin/busybox", "bin/sh", "dev", "dev/console", "tmp", "TRAILER!!!"], entries.Select(entry => entry.Name));
        Assert.Equal([Directory | 0x1EDu, Regular | 0x1EDu, Link | 0x1FFu, Directory | 0x1EDu, 0x2000u | 0x1B6u, Directory | 0x3FFu, 0u], entries.Select(entry => entry.Mode));
        Assert.Equal([1, 2, 3, 4, 5], entries[1].Data);
        Assert.Equal("busybox"u8.ToArray(), entries[2].Data);
        Assert.Equal((5u, 1u), (entries[4].Major, entries[4].Minor));
        Assert.Equal(entries.Count - 1, entries.SkipLast(1).Select(entry => entry.Inode).Distinct().Count());
    }

    [Fact]
    public void TheSameFilesGiveTheSameBytes()
    {
        byte[] Once(bool isReversed)
        {
            InitramfsBuilder files = new();
            foreach (string name in isReversed ? new[] { "/b", "/a" } : ["/a", "/b"])
                files.AddText(name, name);
            using MemoryStream output = new();
            files.WriteTo(output);
            return output.ToArray();
        }

        Assert.Equal(Once(false), Once(true));
        Assert.Equal(0, Once(false).Length % 4);
    }

    [Fact]
    public void AHostTreeKeepsItsModesAndLinksAndLeavesOutSockets()
    {
        DirectoryInfo tree = System.IO.Directory.CreateTempSubdirectory("commence-test-");
        try
        {
            string file = Path.Combine(tree.FullName, "sub", "program");
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, "hello");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.SetUser);
            File.CreateSymbolicLink(Path.Combine(tree.FullName, "link"), "sub/program");
            File.CreateSymbolicLink(Path.Combine(tree.FullName, "loop"), ".");
            using System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
            socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(tree.FullName, "socket")));

            InitramfsBuilder files = new();
            files.AddHostTree(tree.FullName);
            List<Entry> entries = Read(files);

            Assert.Equal(["link", "loop", "sub", "sub/program", "TRAILER!!!"], entries.Select(entry => entry.Name));
            Assert.Equal("sub/program"u8.ToArray(), entries[0].Data);
            Assert.Equal(Regular | 0x9C0u, entries[3].Mode);
            Assert.Equal("hello"u8.ToArray(), entries[3].Data);
            Assert.All(entries, entry => Assert.Equal((0u, 0u), (entry.Uid, entry.Gid)));
            Assert.Contains("socket", Assert.Single(files.Notes));
        }
        finally
        {
            tree.Delete(recursive: true);
        }
    }

    [Fact]
    public void PathsAreMadePlain()
    {
        InitramfsBuilder files = new();
        files.AddText("//etc/../etc/./motd", "hi");

        Assert.True(files.Contains("/etc/motd"));
        Assert.Equal(["etc", "etc/motd", "TRAILER!!!"], Read(files).Select(entry => entry.Name));
    }

    [Fact]
    public void LinksAreFollowed()
    {
        InitramfsBuilder files = new();
        files.AddText("/usr/bin/dash", "");
        files.AddSymbolicLink("/usr/bin/sh", "dash");
        files.AddSymbolicLink("/bin", "usr/bin");
        files.AddSymbolicLink("/sbin", "/bin");
        files.AddSymbolicLink("/usr/lib", "../bin/../bin");
        files.AddSymbolicLink("/loop", "loop");

        foreach (string path in (string[])["/", "/bin", "/bin/sh", "/sbin/sh", "/usr/lib/dash", "/usr/../bin/dash"])
            Assert.True(files.Contains(path), path);
        foreach (string path in (string[])["/bin/bash", "/lib", "/loop", "/loop/x"])
            Assert.False(files.Contains(path), path);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(300_000, true)]
    public void GzipHoldsTheSameArchive(int length, bool hasMembers)
    {
        InitramfsBuilder files = new();
        files.AddText("/etc/motd", new string('x', length));
        using MemoryStream plain = new();
        files.WriteTo(plain);
        using MemoryStream packed = new();
        if (hasMembers)
            files.WriteGzipMembersTo(packed);
        else
            files.WriteGzipTo(packed);
        packed.Position = 0;
        using MemoryStream unpacked = new();
        using (GZipStream gzip = new(packed, CompressionMode.Decompress))
            gzip.CopyTo(unpacked);

        Assert.Equal(plain.ToArray(), unpacked.ToArray());
    }

    private sealed record Entry(string Name, uint Inode, uint Mode, uint Uid, uint Gid, uint Major, uint Minor, byte[] Data);

    // An independent reading of the format.
    private static List<Entry> Read(InitramfsBuilder files)
    {
        using MemoryStream output = new();
        files.WriteTo(output);
        byte[] archive = output.ToArray();
        List<Entry> entries = [];
        int at = 0;
        while (at < archive.Length)
        {
            Assert.Equal("070701", Encoding.ASCII.GetString(archive, at, 6));
            uint Field(int index) => uint.Parse(Encoding.ASCII.GetString(archive, at + 6 + 8 * index, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            int nameLength = (int)Field(11);
            int dataLength = (int)Field(6);
            int dataAt = (at + 110 + nameLength + 3) / 4 * 4;
            string name = Encoding.UTF8.GetString(archive, at + 110, nameLength - 1);
            Assert.Equal(0, archive[at + 110 + nameLength - 1]);
            entries.Add(new Entry(name, Field(0), Field(1), Field(2), Field(3), Field(9), Field(10), archive[dataAt..(dataAt + dataLength)]));
            at = (dataAt + dataLength + 3) / 4 * 4;
        }
        return entries;
    }
}

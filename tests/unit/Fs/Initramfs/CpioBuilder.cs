using System;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;

namespace Commence.Tests.Fs.Initramfs;

/// <summary>Makes newc archives, member by member.</summary>
internal sealed class CpioBuilder(bool hasChecksums = false)
{
    public const uint Time = 1_700_000_000;

    private readonly MemoryStream _bytes = new();
    private uint _inode = 1;

    public byte[] Bytes => _bytes.ToArray();

    public byte[] Compressed => Gzip(Bytes);

    public CpioBuilder File(string name, string contents, uint permissions = 0x1A4, uint uid = 0, uint gid = 0, uint time = Time) =>
        Add(name, 0x8000 | permissions, Encoding.UTF8.GetBytes(contents), uid: uid, gid: gid, time: time);

    public CpioBuilder Directory(string name, uint permissions = 0x1ED, uint time = Time) => Add(name, 0x4000 | permissions, [], time: time, links: 2);

    public CpioBuilder Link(string name, string target) => Add(name, 0xA1FF, Encoding.UTF8.GetBytes(target));

    public CpioBuilder Trailer() => Add("TRAILER!!!", 0, []);

    public CpioBuilder Add(
        string name, uint mode, byte[] data, uint links = 1, uint inode = 0, uint uid = 0, uint gid = 0, uint time = Time, uint major = 0, uint minor = 0)
    {
        byte[] path = [.. Encoding.UTF8.GetBytes(name), 0];
        uint[] fields =
        [
            inode != 0 ? inode : 1000 + _inode++, mode, uid, gid, links, time, (uint)data.Length, 0, 0, major, minor, (uint)path.Length,
            hasChecksums ? (uint)data.Sum(static value => value) : 0,
        ];
        _bytes.Write(Encoding.ASCII.GetBytes(hasChecksums ? "070702" : "070701"));
        foreach (uint field in fields)
            _bytes.Write(Encoding.ASCII.GetBytes(field.ToString("X8", CultureInfo.InvariantCulture)));
        _bytes.Write(path);
        Pad();
        _bytes.Write(data);
        Pad();
        return this;
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private void Pad()
    {
        while (_bytes.Length % 4 != 0)
            _bytes.WriteByte(0);
    }
}

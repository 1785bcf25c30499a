// Makes cpio archives, and receives their members.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Commence.Firmware.Cpio;

namespace Commence.Tests.Firmware;

internal sealed record Member(string Name, uint Mode, byte[] Data, uint Inode = 1, uint Links = 1, uint Major = 0, uint Minor = 0)
{
    public bool Equals(Member? other) =>
        other is not null && (Name, Mode, Inode, Links, Major, Minor) == (other.Name, other.Mode, other.Inode, other.Links, other.Major, other.Minor)
        && Data.AsSpan().SequenceEqual(other.Data);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}

internal static class Archives
{
    public const uint File_ = 0x81A4;
    public const uint Directory_ = 0x41ED;
    public const uint Link = 0xA1FF;
    public const uint CharacterDevice = 0x2180;

    public static byte[] Cpio(IEnumerable<Member> members, bool hasTrailer = true, bool hasChecksums = false)
    {
        using MemoryStream archive = new();
        foreach (Member member in members)
            Append(archive, member, hasChecksums);
        if (hasTrailer)
            Append(archive, new Member("TRAILER!!!", 0, [], 0), hasChecksums);
        return archive.ToArray();
    }

    private static void Append(MemoryStream archive, Member member, bool hasChecksums)
    {
        byte[] name = [.. Encoding.UTF8.GetBytes(member.Name), 0];
        uint sum = hasChecksums ? (uint)member.Data.Sum(value => value) : 0;
        uint[] fields =
        [
            member.Inode, member.Mode, 0, 0, member.Links, 0, (uint)member.Data.Length, 0, 0, member.Major, member.Minor, (uint)name.Length, sum,
        ];
        archive.Write(Encoding.ASCII.GetBytes(hasChecksums ? "070702" : "070701"));
        foreach (uint field in fields)
            archive.Write(Encoding.ASCII.GetBytes(field.ToString("X8", CultureInfo.InvariantCulture)));
        archive.Write(name);
        Pad(archive);
        archive.Write(member.Data);
        Pad(archive);
    }

    private static void Pad(MemoryStream archive)
    {
        while (archive.Length % 4 != 0)
            archive.WriteByte(0);
    }

    /// <summary>Cuts bytes into pieces of random lengths.</summary>
    public static IEnumerable<byte[]> Cut(byte[] bytes, Random random, int lengthMax)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(random.Next(1, lengthMax + 1), bytes.Length - at);
            yield return bytes[at..(at + length)];
            at += length;
        }
    }
}

/// <summary>Collects what an unpacker passes on.</summary>
internal readonly struct Collector() : ICpioSink
{
    public List<Member> Members { get; } = [];

    public List<int> ArchiveEnds { get; } = [];

    private readonly List<(CpioHeader Header, string Name, MemoryStream Data)> _open = [];

    public bool BeginMember(in CpioHeader header, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        MemoryStream data = new();
        data.Write(target);
        _open.Add((header, Encoding.UTF8.GetString(name), data));
        return true;
    }

    public bool Write(ReadOnlySpan<byte> data)
    {
        _open[0].Data.Write(data);
        return true;
    }

    public bool EndMember()
    {
        (CpioHeader header, string name, MemoryStream data) = _open[0];
        _open.Clear();
        Members.Add(ToMember(header, name, data.ToArray()));
        return true;
    }

    public bool EndArchive()
    {
        ArchiveEnds.Add(Members.Count);
        return _open.Count == 0;
    }

    public static Member ToMember(CpioHeader header, string name, byte[] data) =>
        new(name, header.Mode, data, header.Inode, header.LinkCount, header.SpecialMajor, header.SpecialMinor);
}

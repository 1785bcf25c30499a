// Collects files for an initial RAM file system and writes them as cpio, plain or compressed.
// Entries are written in order of their paths, so a directory always comes before what is in it.
using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;

namespace Commence.Machine.Initramfs;

/// <summary>Builds an initial RAM file system.</summary>
public sealed class InitramfsBuilder
{
    private const int GzipMemberBytes = 64 * 1024; // what the kernel decompresses ahead, at most: InflateAhead.cs
    private const int LinksFollowedMax = 40; // as Linux: path_resolution(7)

    private readonly SortedDictionary<string, (CpioEntry Entry, Func<byte[]> Data)> _entries = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];

    /// <summary>A sentence for each host file that was left out.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Whether something exists at <paramref name="path"/>, symbolic links followed.</summary>
    public bool Contains(string path)
    {
        Stack<string> left = new(Parts(path).Reverse());
        string reached = "";
        for (int links = 0; left.TryPop(out string? part);)
        {
            string next = Normalize($"{reached}/{part}");
            if (next.Length > 0 && !_entries.ContainsKey(next))
                return false;
            if (next.Length == 0 || (_entries[next].Entry.Mode & UnixMode.TypeMask) != UnixMode.SymbolicLink)
            {
                reached = next;
                continue;
            }
            if (++links > LinksFollowedMax)
                return false;
            string target = Encoding.UTF8.GetString(_entries[next].Data());
            if (target.StartsWith('/'))
                reached = "";
            foreach (string more in Parts(target).Reverse())
                left.Push(more);
        }
        return true;
    }

    /// <summary>Adds a directory and those above it.</summary>
    public void AddDirectory(string path, uint permissions = UnixMode.Executable) =>
        Add(path, UnixMode.Directory | permissions, static () => []);

    /// <summary>Adds a text file.</summary>
    public void AddText(string path, string text) =>
        Add(path, UnixMode.Regular | UnixMode.ReadOnlyFile, () => Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a file with these contents.</summary>
    public void AddFile(string path, byte[] contents, uint permissions = UnixMode.Executable) =>
        Add(path, UnixMode.Regular | permissions, () => contents);

    /// <summary>Adds a symbolic link.</summary>
    public void AddSymbolicLink(string path, string target) =>
        Add(path, UnixMode.SymbolicLink | UnixMode.EveryMode, () => Encoding.UTF8.GetBytes(target));

    /// <summary>Adds a character device.</summary>
    public void AddCharacterDevice(string path, uint major, uint minor) =>
        Add(path, UnixMode.CharacterDevice | UnixMode.DeviceNode, static () => [], major, minor);

    /// <summary>Adds a host file, with its permissions; a symbolic link's target is added in its place.</summary>
    public void AddHostFile(string path, string hostPath)
    {
        string real = File.ResolveLinkTarget(hostPath, returnFinalTarget: true)?.FullName ?? hostPath;
        HostFileStatus status = HostFileStatus.Read(real);
        if (status.Type != UnixMode.Regular)
            throw new IOException($"{hostPath}: not a regular file");
        Add(path, UnixMode.Regular | (status.Mode & UnixMode.PermissionMask), () => File.ReadAllBytes(real));
    }

    /// <summary>Adds everything in a host directory: directories, files and symbolic links, with permissions and owners.</summary>
    public void AddHostTree(string hostDirectory)
    {
        uint self = HostFileStatus.Read("/proc/self").Uid;
        Stack<(string Host, string Path)> pending = new([(Path.GetFullPath(hostDirectory), "")]);
        while (pending.TryPop(out (string Host, string Path) directory))
        {
            foreach (string host in Directory.EnumerateFileSystemEntries(directory.Host))
            {
                string path = directory.Path + "/" + Path.GetFileName(host);
                if (AddHostEntry(path, host, self))
                    pending.Push((host, path));
            }
        }
    }

    /// <summary>Writes the archive.</summary>
    public void WriteTo(Stream output)
    {
        CpioWriter writer = new(output);
        foreach ((CpioEntry entry, Func<byte[]> data) in _entries.Values)
            writer.Write(entry, data());
        writer.End();
    }

    /// <summary>Writes the archive, compressed with gzip.</summary>
    public void WriteGzipTo(Stream output)
    {
        using GZipStream gzip = new(output, CompressionLevel.Fastest, leaveOpen: true);
        WriteTo(gzip);
    }

    /// <summary>Writes the archive in short gzip members, which Commence decompresses side by side.</summary>
    /// <remarks>Linux's unpacker takes an archive in one member only; gzip and zcat take both.</remarks>
    public void WriteGzipMembersTo(Stream output)
    {
        using MemoryStream plain = new();
        WriteTo(plain);
        foreach (byte[] part in plain.ToArray().Chunk(GzipMemberBytes))
        {
            using GZipStream gzip = new(output, CompressionLevel.Fastest, leaveOpen: true);
            gzip.Write(part);
        }
    }

    /// <returns>True for a directory, whose contents are then to be added.</returns>
    private bool AddHostEntry(string path, string host, uint self)
    {
        HostFileStatus status = HostFileStatus.Read(host);
        // Who packs a tree of his own means it to belong to the machine's root.
        uint uid = status.Uid == self ? 0 : status.Uid;
        uint gid = status.Uid == self ? 0 : status.Gid;
        switch (status.Type)
        {
            case UnixMode.Directory:
                Add(path, status.Mode, static () => [], uid: uid, gid: gid);
                return true;
            case UnixMode.Regular:
                Add(path, status.Mode, () => File.ReadAllBytes(host), uid: uid, gid: gid);
                return false;
            case UnixMode.SymbolicLink:
                string target = new FileInfo(host).LinkTarget ?? "";
                Add(path, status.Mode, () => Encoding.UTF8.GetBytes(target), uid: uid, gid: gid);
                return false;
            default:
                _notes.Add($"{host}: a device, FIFO or socket, left out");
                return false;
        }
    }

    private void Add(string path, uint mode, Func<byte[]> data, uint major = 0, uint minor = 0, uint uid = 0, uint gid = 0)
    {
        string name = Normalize(path);
        if (name.Length == 0)
            return;
        int slash = name.LastIndexOf('/');
        if (slash > 0 && !_entries.ContainsKey(name[..slash]))
            AddDirectory(name[..slash]);
        _entries[name] = (new CpioEntry(name, mode, uid, gid, major, minor), data);
    }

    private static string[] Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    // An absolute, dot-free path without its leading slash.
    private static string Normalize(string path) => Path.GetFullPath("/" + path).Trim('/');
}

// The host's ends of a machine's lines: a scratch directory with listening sockets and the reset log.
//
// Console and records of a machine that is measured are files instead. A serial line gives byte after byte: a reader that is woken for
// each takes a processor from the machine, and one that waits makes the machine wait, since a socket holds a few hundred single bytes.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Machine;

/// <summary>The sockets over which a machine's console, records and control are reached.</summary>
public sealed class MachineLines : IDisposable
{
    // sockaddr_un.sun_path holds 108 bytes with the final zero: unix(7).
    private const int SocketPathLengthMax = 107;

    private readonly List<Socket> _listeners = [];
    private readonly List<Stream> _streams = [];

    /// <summary>Makes the scratch directory and listens.</summary>
    /// <param name="hasDebugger">Listen for QEMU's gdb server as well.</param>
    /// <param name="hasFiles">Console and records are files, and take no input.</param>
    public MachineLines(bool hasDebugger = false, bool hasFiles = false)
    {
        HasDebugger = hasDebugger;
        HasFiles = hasFiles;
        DirectoryPath = MakeScratchDirectory();
        if (hasFiles)
            _streams.AddRange([MakeFile(ConsolePath), MakeFile(RecordPath)]);
        foreach (string path in hasFiles ? (string[])[QmpPath] : [ConsolePath, RecordPath, QmpPath])
            _listeners.Add(Listen(path));
        if (hasDebugger)
            _listeners.Add(Listen(DebuggerPath));
    }

    /// <summary>There is a line to QEMU's gdb server.</summary>
    public bool HasDebugger { get; }

    /// <summary>Console and records are files.</summary>
    public bool HasFiles { get; }

    /// <summary>The scratch directory; it disappears with this object.</summary>
    public string DirectoryPath { get; }

    /// <summary>The console's socket or file.</summary>
    public string ConsolePath => Path.Combine(DirectoryPath, "console");

    /// <summary>The record line's socket or file.</summary>
    public string RecordPath => Path.Combine(DirectoryPath, "records");

    /// <summary>The control socket.</summary>
    public string QmpPath => Path.Combine(DirectoryPath, "qmp");

    /// <summary>The socket of QEMU's gdb server.</summary>
    public string DebuggerPath => Path.Combine(DirectoryPath, "gdb");

    /// <summary>The file in which QEMU logs each processor's resets.</summary>
    public string ResetLogPath => Path.Combine(DirectoryPath, "resets");

    /// <summary>The machine's own copy of its firmware's variables.</summary>
    public string UefiVariablesPath => Path.Combine(DirectoryPath, "uefi-variables");

    /// <summary>The console, once <see cref="AcceptAsync"/> has returned.</summary>
    public Stream Console => _streams[0];

    /// <summary>The record line, once <see cref="AcceptAsync"/> has returned.</summary>
    public Stream Records => _streams[1];

    /// <summary>The control connection, once <see cref="AcceptAsync"/> has returned.</summary>
    public Stream Qmp => _streams[2];

    /// <summary>QEMU's gdb server, if <see cref="HasDebugger"/>, once <see cref="AcceptAsync"/> has returned.</summary>
    public Stream Debugger => _streams[3];

    /// <summary>Waits until QEMU has connected all lines.</summary>
    /// <remarks>Fails: throws when <paramref name="stop"/> is cancelled first.</remarks>
    public async Task AcceptAsync(CancellationToken stop)
    {
        foreach (Socket listener in _listeners)
            _streams.Add(new NetworkStream(await listener.AcceptAsync(stop), ownsSocket: true));
    }

    /// <summary>Closes the lines and removes the scratch directory.</summary>
    public void Dispose()
    {
        foreach (Stream stream in _streams)
            stream.Dispose();
        foreach (Socket listener in _listeners)
            listener.Dispose();
        try
        {
            Directory.Delete(DirectoryPath, recursive: true);
        }
        catch (IOException)
        {
            // Somebody else cleaned up; there is nothing left to do.
        }
    }

    private static string MakeScratchDirectory()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("commence-");
        if (directory.FullName.Length + "/console".Length <= SocketPathLengthMax)
            return directory.FullName;

        directory.Delete();
        string path = Path.Combine("/tmp", directory.Name);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static FileStream MakeFile(string path)
    {
        File.WriteAllBytes(path, []);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    private static Socket Listen(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen(1);
        return socket;
    }
}

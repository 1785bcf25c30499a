// The machine's initial RAM file system, and what runs in it.
//
// The keyboard needs a controlling terminal, else Ctrl-C stops nothing: so an interactive program is started by way of
// `setsid -c`, where the file system has it. It becomes the program itself, in the same process.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Commence.Machine;
using Commence.Machine.Initramfs;

namespace Commence.Cli.Run;

/// <summary>A file for QEMU, removed with this object if we made it.</summary>
internal sealed class RootFileSystem : IDisposable
{
    private readonly bool _isOurs;

    private RootFileSystem(string path, IReadOnlyList<string> command, bool isOurs)
    {
        ArchivePath = path;
        Command = command;
        _isOurs = isOurs;
    }

    internal string ArchivePath { get; }

    /// <summary>The first program, by its path inside the machine, and its arguments.</summary>
    internal IReadOnlyList<string> Command { get; }

    /// <summary>Makes what <paramref name="payload"/> asks for.</summary>
    /// <remarks>Fails: throws <see cref="CommandException"/> for files that are not there or cannot be read.</remarks>
    internal static RootFileSystem Make(Payload payload)
    {
        IReadOnlyList<string> command = payload.Command.Count > 0 ? payload.Command : ["/bin/sh", "-l"];
        try
        {
            if (payload.Initrd is string initrd)
                return new RootFileSystem(ExistingFile(initrd), command, isOurs: false);

            InitramfsBuilder files = payload.Rootfs is string rootfs ? FromTree(rootfs) : DefaultRootfs.Build();
            command = [Place(files, command[0], mayCopy: payload.Rootfs is null), .. command.Skip(1)];
            if (payload.IsInteractive && DefaultRootfs.FindProgram(files, "setsid") is string setsid)
                command = [setsid, "-c", .. command];
            foreach (string note in files.Notes)
                Say.Note(note);
            return new RootFileSystem(Write(files), command, isOurs: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitStatus.BadRequest, error.Message);
        }
    }

    public void Dispose()
    {
        if (_isOurs)
            File.Delete(ArchivePath);
    }

    private static string ExistingFile(string path) =>
        File.Exists(path) ? Path.GetFullPath(path) : throw new FileNotFoundException($"--initrd: there is no file {path}");

    private static InitramfsBuilder FromTree(string directory)
    {
        if (!Directory.Exists(directory))
            throw new DirectoryNotFoundException($"--rootfs: there is no directory {directory}");
        InitramfsBuilder files = new();
        files.AddHostTree(directory);
        return files;
    }

    // Inside the machine first; then, for the default file system, on the host, from where it is copied to the same path.
    private static string Place(InitramfsBuilder files, string program, bool mayCopy)
    {
        if (!program.Contains('/'))
            return DefaultRootfs.FindProgram(files, program)
                ?? throw new FileNotFoundException($"the machine has no program '{program}'; name a host file by its path");
        if (Path.IsPathRooted(program) && files.Contains(program))
            return program;

        string host = Path.GetFullPath(program);
        if (!mayCopy)
            throw new FileNotFoundException($"--rootfs has no {program}");
        if (!File.Exists(host))
            throw new FileNotFoundException($"{host}: neither in the machine's file system nor on this host");
        if (ElfFile.IsDynamic(host))
            Say.Note($"{host} is dynamically linked and its libraries are not in the machine; --rootfs can bring them");
        files.AddHostFile(host, host);
        return host;
    }

    private static string Write(InitramfsBuilder files)
    {
        string path = Path.GetTempFileName();
        using FileStream output = File.Create(path);
        files.WriteGzipMembersTo(output);
        return path;
    }
}

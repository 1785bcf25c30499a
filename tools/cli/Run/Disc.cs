// The disc that a machine boots from: one that exists, or one made for this run.
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine.Iso;

namespace Commence.Cli.Run;

/// <summary>A disc image, removed with this object if we made it for one run.</summary>
internal sealed class Disc : IDisposable
{
    private readonly bool _isOurs;

    private Disc(string path, bool isOurs)
    {
        FilePath = path;
        _isOurs = isOurs;
    }

    internal string FilePath { get; }

    /// <summary>Takes a disc that exists.</summary>
    internal static Disc Existing(string path) => new(Path.GetFullPath(path), isOurs: false);

    /// <summary>Makes a disc for one run.</summary>
    internal static async Task<Disc> MakeAsync(Payload payload, RootFileSystem files, CancellationToken stop)
    {
        Disc disc = new(Path.GetTempFileName(), isOurs: true);
        try
        {
            await WriteAsync(payload, files, disc.FilePath, stop);
            return disc;
        }
        catch
        {
            disc.Dispose();
            throw;
        }
    }

    /// <summary>Writes a disc with <paramref name="payload"/> to <paramref name="path"/>.</summary>
    /// <remarks>Fails: throws <see cref="CommandException"/> with the reason.</remarks>
    internal static async Task WriteAsync(Payload payload, RootFileSystem files, string path, CancellationToken stop)
    {
        BootIso iso = new() { Kernel = payload.Kernel, Initrd = files.ArchivePath, CommandLine = payload.CommandLine(files) };
        try
        {
            await Say.WhileAsync("making the disc", async _ =>
            {
                await iso.BuildAsync(path, stop);
                return true;
            });
        }
        catch (Exception error) when (error is ArgumentException or BootIsoException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitStatus.BadRequest, error.Message);
        }
    }

    public void Dispose()
    {
        if (_isOurs)
            File.Delete(FilePath);
    }
}

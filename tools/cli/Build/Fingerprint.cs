// Whether anything that a build reads has changed since it last succeeded. dotnet's own answer takes seconds;
// comparing names, sizes and times of a few hundred files takes milliseconds.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Commence.Cli.Build;

/// <summary>A digest of files' names, sizes and times.</summary>
internal static class Fingerprint
{
    /// <summary>Digests files and everything below directories; what does not exist counts as such.</summary>
    internal static string Of(IEnumerable<string> paths)
    {
        StringBuilder text = new();
        foreach (FileInfo file in paths.SelectMany(Expand).OrderBy(static file => file.FullName, StringComparer.Ordinal))
            text.Append($"{file.FullName}|{(file.Exists ? file.Length : -1)}|{file.LastWriteTimeUtc.Ticks}\n");
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static IEnumerable<FileInfo> Expand(string path) =>
        Directory.Exists(path)
            ? new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories)
            : [new FileInfo(path)];
}

// Shortens the compilers' absolute paths to paths in the repository.
using System;
using System.Collections.Generic;

namespace Commence.ImageTool.Symbols;

/// <summary>Removes the repository's folder from paths.</summary>
internal sealed class SourcePaths(IEnumerable<string> roots)
{
    private readonly List<string> _roots = [.. Normalized(roots), "/_/"]; // "/_/" is what deterministic builds call the root

    /// <summary>Takes the longest known root off <paramref name="path"/> and splits it into directory and file.</summary>
    public SourceFile Shorten(string path)
    {
        string whole = path.Replace("/./", "/", StringComparison.Ordinal);
        string shortest = whole.StartsWith("./", StringComparison.Ordinal) ? whole[2..] : whole;
        foreach (string root in _roots)
            if (whole.StartsWith(root, StringComparison.Ordinal) && whole.Length - root.Length < shortest.Length)
                shortest = whole[root.Length..];
        int slash = shortest.LastIndexOf('/');
        return slash < 0 ? new SourceFile("", shortest) : new SourceFile(shortest[..slash], shortest[(slash + 1)..]);
    }

    private static IEnumerable<string> Normalized(IEnumerable<string> roots)
    {
        foreach (string root in roots)
            yield return System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(root)) + "/";
    }
}

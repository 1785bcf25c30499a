// Exceptions from the rules, each with a reason: lines of "IMG037 Commence.Sched.Foo.Bar  # why this is all right".
using System;
using System.Collections.Generic;
using System.IO;

namespace Commence.ImageTool.Checks;

/// <summary>Which violations are accepted.</summary>
internal sealed class AllowList
{
    private readonly HashSet<(string Code, string Subject)> _entries = [];
    private readonly HashSet<(string Code, string Subject)> _used = [];

    /// <summary>Reads the file at <paramref name="path"/>; null means an empty list.</summary>
    public static AllowList Load(string? path)
    {
        AllowList list = new();
        if (path is null)
            return list;
        int number = 0;
        foreach (string line in ReadLines(path))
        {
            number++;
            int hash = line.IndexOf('#');
            string entry = (hash < 0 ? line : line[..hash]).Trim();
            if (entry.Length == 0)
                continue;
            int space = entry.IndexOf(' ');
            if (space < 0 || hash < 0 || line.AsSpan(hash + 1).IsWhiteSpace())
                throw new BadInputException($"{path}({number}): an entry is a rule, a name and a reason: IMG037 Commence.Some.Method  # reason");
            list._entries.Add((entry[..space], entry[space..].Trim()));
        }
        return list;
    }

    /// <summary>Whether <paramref name="violation"/> is accepted.</summary>
    public bool Accepts(Violation violation)
    {
        (string, string) entry = (violation.Rule.Code, violation.Subject);
        return _entries.Contains(entry) && (_used.Add(entry) || true);
    }

    /// <summary>Entries that no violation needed: they should go.</summary>
    public IEnumerable<string> Unused()
    {
        foreach ((string code, string subject) in _entries)
            if (!_used.Contains((code, subject)))
                yield return $"{code} {subject}";
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read {path}: {error.Message}");
        }
    }
}

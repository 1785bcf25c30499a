// The package sources that this machine's apt knows, in both of its notations.
// Source: sources.list(5), "ONE-LINE-STYLE FORMAT" and "DEB822-STYLE FORMAT".
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Commence.Cli.Host;

/// <summary>One source of packages.</summary>
/// <param name="Uri">Where it is.</param>
/// <param name="Suite">The suite, such as a release's code name.</param>
/// <param name="Components">Its components.</param>
/// <param name="SignedBy">The key, as a path or as text of several lines; empty for apt's own.</param>
internal sealed partial record AptSource(string Uri, string Suite, IReadOnlyList<string> Components, string SignedBy)
{
    /// <summary>Reads this machine's sources.</summary>
    internal static IReadOnlyList<AptSource> ReadAll(string directory = "/etc/apt")
    {
        List<string> files = [Path.Combine(directory, "sources.list")];
        string parts = Path.Combine(directory, "sources.list.d");
        if (Directory.Exists(parts))
            files.AddRange(Directory.EnumerateFiles(parts).Order(StringComparer.Ordinal));
        return [.. files.Where(File.Exists).SelectMany(static file => Parse(file, File.ReadAllText(file)))];
    }

    /// <summary>Reads one file's text; its name tells the notation.</summary>
    internal static IEnumerable<AptSource> Parse(string fileName, string text) => Path.GetExtension(fileName) switch
    {
        ".list" => text.Split('\n').SelectMany(ParseLine),
        ".sources" => Stanzas(text).SelectMany(FromStanza),
        _ => [], // apt ignores it too
    };

    // deb [signed-by=/path arch=amd64] URI suite component…
    private static IEnumerable<AptSource> ParseLine(string line)
    {
        Match match = OneLine().Match(line.Split('#')[0]);
        if (!match.Success)
            yield break;
        string signedBy = match.Groups["options"].Value
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(static option => option.StartsWith("signed-by=", StringComparison.OrdinalIgnoreCase)) ?? "signed-by=";
        yield return new AptSource(
            match.Groups["uri"].Value,
            match.Groups["suite"].Value,
            Words(match.Groups["components"].Value),
            signedBy["signed-by=".Length..]);
    }

    private static IEnumerable<AptSource> FromStanza(IReadOnlyDictionary<string, string> stanza)
    {
        string Field(string name) => stanza.GetValueOrDefault(name, "");
        bool isEnabled = !Field("Enabled").Trim().Equals("no", StringComparison.OrdinalIgnoreCase);
        if (!isEnabled || !Words(Field("Types")).Contains("deb"))
            yield break;
        foreach (string uri in Words(Field("URIs")))
        {
            foreach (string suite in Words(Field("Suites")))
                yield return new AptSource(uri, suite, Words(Field("Components")), Field("Signed-By").TrimEnd());
        }
    }

    // Fields "Name: value"; lines that begin with a space go on with the field above; '#' begins a comment line.
    private static IEnumerable<IReadOnlyDictionary<string, string>> Stanzas(string text)
    {
        Dictionary<string, string> stanza = new(StringComparer.OrdinalIgnoreCase);
        string field = "";
        foreach (string line in text.Split('\n').Where(static line => !line.StartsWith('#')).Append(""))
        {
            int colon = line.IndexOf(':');
            if (line.Trim().Length == 0)
            {
                if (stanza.Count > 0)
                    yield return stanza;
                stanza = new(StringComparer.OrdinalIgnoreCase);
            }
            else if (char.IsWhiteSpace(line[0]) && field.Length > 0 && stanza.TryGetValue(field, out string? above))
                stanza[field] = above + "\n" + line;
            else if (colon > 0)
            {
                field = line[..colon].Trim();
                stanza[field] = line[(colon + 1)..].Trim();
            }
        }
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^\s*deb\s+(\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)(?<components>(\s+\S+)*)\s*$")]
    private static partial Regex OneLine();
}

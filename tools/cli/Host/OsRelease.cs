// Which distribution this is.  Source: os-release(5).
using System;
using System.Collections.Generic;
using System.IO;

namespace Commence.Cli.Host;

/// <summary>The distribution's names.</summary>
internal sealed record OsRelease(string Id, string Codename, string PrettyName)
{
    internal static OsRelease Read() => Parse(File.Exists("/etc/os-release") ? File.ReadAllText("/etc/os-release") : "");

    internal static OsRelease Parse(string text)
    {
        Dictionary<string, string> fields = [];
        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=');
            if (equals > 0)
                fields[line[..equals]] = line[(equals + 1)..].Trim().Trim('"', '\'');
        }
        string Field(string name, string otherwise) => fields.GetValueOrDefault(name, otherwise);
        return new OsRelease(Field("ID", "linux"), Field("VERSION_CODENAME", ""), Field("PRETTY_NAME", "this system"));
    }
}

// One step of an installation, for the machine and for a person.
using System.Collections.Generic;
using System.Linq;

namespace Commence.Cli.Host;

/// <summary>A command for root, and what it reads from its standard input.</summary>
internal sealed record InstallStep(string Description, IReadOnlyList<string> Command, string Input = "")
{
    private static readonly string[] s_quietApt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"];

    /// <summary>Reads the sources' lists anew.</summary>
    internal static InstallStep Update { get; } = new("reading the package lists", ["apt-get", "update"]);

    /// <summary>Installs packages.</summary>
    internal static InstallStep Install(IEnumerable<string> options, IReadOnlyList<string> packages) =>
        new($"installing {string.Join(", ", packages)}", ["apt-get", "install", "--no-install-recommends", .. options, .. packages]);

    /// <summary>Writes a file.</summary>
    internal static InstallStep Write(string path, string text) => new($"writing {path}", ["tee", path], text);

    /// <summary>The command that asks nothing.</summary>
    internal IReadOnlyList<string> Unattended =>
        Command[0] == "apt-get" ? [.. s_quietApt, .. Command.Skip(1)] : Command;

    /// <summary>The command as a person types it.</summary>
    internal string ToShell()
    {
        string command = $"sudo {string.Join(' ', Command)}";
        return Input.Length == 0 ? command : $"{command} <<'END'\n{Input}END";
    }
}

// Static fields must have their values at compile time.
//
// Where ilc cannot interpret a static constructor, it says so in its log and leaves the fields zero, with no check in the code
// that reads them: the kernel would run with wrong tables. The constructors' list in the map must be empty for the same reason.
using System;
using System.Collections.Generic;
using System.IO;

namespace Commence.ImageTool.Checks;

/// <summary>IMG001 and IMG002.</summary>
internal static class PreinitializationGate
{
    private const int RowSizeBytes = 4; // a relative pointer to the constructor

    private const string Marker = "Could not preinitialize";

    /// <summary>Looks through the output of <c>ilc --verbose</c>.</summary>
    public static IEnumerable<Violation> CheckLog(string path)
    {
        foreach (string line in Read(path))
        {
            int at = line.IndexOf(Marker, StringComparison.Ordinal);
            if (at < 0)
                continue;
            string detail = line[(at + Marker.Length)..].Trim();
            yield return new Violation(Rule.NotPreinitialized, TypeName(detail), $"the compiler could not preinitialize {detail}");
        }
    }

    /// <summary>Looks at the list of static constructors.</summary>
    public static IEnumerable<Violation> CheckMap(IlcMap map)
    {
        if (map.EagerConstructorBytes != 0)
            yield return new Violation(Rule.EagerConstructor, "__EagerCctor", $"{map.EagerConstructorBytes / RowSizeBytes} static constructor(s) would have to run at start");
    }

    // "'[Commence.Kernel]Commence.Sched.Kernel': Method …" → "Commence.Sched.Kernel".
    private static string TypeName(string detail)
    {
        int start = detail.IndexOf('\'');
        int end = start < 0 ? -1 : detail.IndexOf('\'', start + 1);
        if (end < 0)
            return detail;
        string name = detail[(start + 1)..end];
        return name[(name.IndexOf(']') + 1)..];
    }

    private static string[] Read(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read the compiler's log {path}: {error.Message}");
        }
    }
}

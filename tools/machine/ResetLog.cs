// QEMU's log of processor resets (-d cpu_reset): the one place that tells a triple fault from a reset on purpose.
using System.IO;
using System.Linq;

namespace Commence.Machine;

/// <summary>Reads QEMU's reset log.</summary>
internal static class ResetLog
{
    /// <summary>Whether the log names a triple fault.</summary>
    public static bool HasTripleFault(string path) =>
        File.Exists(path) && File.ReadLines(path).Any(static line => line.StartsWith("Triple fault", System.StringComparison.Ordinal));
}

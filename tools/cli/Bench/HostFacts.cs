// What a reader of the numbers must know about the host.
using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Commence.Cli.Host;
using Commence.Machine;

namespace Commence.Cli.Bench;

/// <summary>The host of a measurement.</summary>
/// <param name="Processor">Its processor's name.</param>
/// <param name="ProcessorCount">How many of them this process may use.</param>
/// <param name="Load">The average number of runnable tasks in the minute before.</param>
/// <param name="System">The distribution.</param>
/// <param name="Emulator">QEMU's version.</param>
/// <param name="Date">When.</param>
internal sealed record HostFacts(string Processor, int ProcessorCount, double Load, string System, string Emulator, string Date)
{
    internal static async Task<HostFacts> ReadAsync()
    {
        string version = (await HostCommand.RunAsync([QemuCommandLine.Program, "--version"])).Output.Split('\n')[0];
        return new HostFacts(
            ProcessorName(File.ReadAllText("/proc/cpuinfo")),
            Environment.ProcessorCount,
            double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture),
            OsRelease.Read().PrettyName,
            version.Replace("QEMU emulator version ", "", StringComparison.Ordinal),
            DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
    }

    /// <summary>Reads the name out of /proc/cpuinfo.</summary>
    internal static string ProcessorName(string cpuinfo) =>
        cpuinfo.Split('\n').FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";

    /// <summary>The facts as one paragraph.</summary>
    internal string Describe() =>
        $"{Date}; host: {ProcessorCount} × {Processor}, load {Load.ToString("F1", CultureInfo.InvariantCulture)} at the beginning, {System}; QEMU {Emulator}, TCG.";
}

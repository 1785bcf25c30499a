// Runs a command of the host to its end.
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Threading.Tasks;

namespace Commence.Cli.Host;

/// <summary>How a command ended and what it printed, standard output and error together.</summary>
internal sealed record HostCommand(int Status, string Output)
{
    /// <summary>Runs a command; one that cannot be started has status 127, as in a shell.</summary>
    internal static async Task<HostCommand> RunAsync(IReadOnlyList<string> command, string input = "", string directory = "")
    {
        ProcessStartInfo start = new(command[0])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        for (int i = 1; i < command.Count; i++)
            start.ArgumentList.Add(command[i]);
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            return new HostCommand(process.ExitCode, await output + await error);
        }
        catch (Win32Exception error)
        {
            return new HostCommand(127, error.Message);
        }
    }
}

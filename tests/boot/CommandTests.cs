// ./commence run, as a user starts it, with the stub kernel: exit statuses, messages, and nothing left behind.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Commence.BootTests;

public sealed class CommandTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("@exit", 7, "")]
    [InlineData("@off", 127, "powered off without reporting an exit status")]
    [InlineData("@panic", 126, "kernel panic: asked to")]
    [InlineData("@triple", 125, "triple fault")]
    [InlineData("@reset", 125, "the machine was reset")]
    [InlineData("@spin", 124, "timed out after 2 s")]
    [InlineData("@bad", 7, "malformed line")]
    public async Task TheStatusTellsHowTheMachineEnded(string behaviour, int status, string message)
    {
        CommandResult result = await RunAsync("run", "--kernel", StubTests.Image, "--append", behaviour, "--timeout", "2", "--", "true", "a b");

        Assert.Equal(status, result.Status);
        Assert.Contains(message, result.Error);
        Assert.StartsWith($"stub: rdinit=/bin/true init=/bin/true commence.on_init_exit=poweroff {behaviour} -- \"a b\"\n", result.Output);
    }

    [Theory]
    [InlineData("unsupported machine type", 122, "run", "--machine", "pdp11", "--", "true")]
    [InlineData("there is no kernel image /nonexistent", 123, "run", "--kernel", "/nonexistent", "--", "true")]
    [InlineData("/nonexistent: neither in the machine's file system nor on this host", 123, "run", "--", "/nonexistent")]
    [InlineData("the machine has no program 'nonexistent'", 123, "run", "--", "nonexistent")]
    [InlineData("there is no directory /nonexistent", 123, "run", "--rootfs", "/nonexistent", "--", "true")]
    [InlineData("there is no file /nonexistent", 123, "run", "--initrd", "/nonexistent", "--", "true")]
    [InlineData("cannot carry a double quote", 123, "run", "--", "echo", "\"")]
    [InlineData("unknown option --cpu", 123, "run", "--cpu", "4", "--", "true")]
    [InlineData("the program goes after --", 123, "run", "true")]
    [InlineData("at least one processor", 123, "run", "--cpus", "0", "--", "true")]
    [InlineData("the kernel image and its file system alone take", 123, "run", "--memory", "1", "--", "true")]
    [InlineData("'four'", 123, "run", "--cpus", "four", "--", "true")]
    [InlineData("'m68k'", 123, "run", "--arch", "m68k", "--", "true")]
    [InlineData("'rnu'", 123, "rnu")]
    [InlineData("'1' is no number from 2 to 255", 123, "bench", "bringup", "--cpus", "1")]
    [InlineData("'x' is no number from 1 to 255", 123, "bench", "boot", "--cpus", "4,x")]
    [InlineData("nothing to measure", 123, "bench", "bringup", "--repeats", "0", "--exact", "0")]
    [InlineData("--limit must be more than 0", 123, "bench", "boot", "--limit", "0")]
    [InlineData("--firmware: there is no file /nonexistent", 123, "run", "--firmware", "/nonexistent", "--", "true")]
    [InlineData("--iso: there is no file /nonexistent", 123, "run", "--iso", "/nonexistent")]
    [InlineData("--iso and a program", 123, "run", "--iso", "/nonexistent", "--", "true")]
    [InlineData("--iso and --append", 123, "run", "--iso", "/nonexistent", "--append", "quiet")]
    [InlineData("--boot iso can", 123, "run", "--boot", "kernel", "--firmware", "ovmf", "--", "true")]
    [InlineData("a microvm has no drive", 123, "run", "--boot", "iso", "--machine", "microvm", "--", "true")]
    [InlineData("GRUB would change the apostrophe", 123, "run", "--boot", "iso", "--", "echo", "it's")]
    [InlineData("--iso is the one there is", 123, "image", "--no-build", "--", "true")]
    [InlineData("there is no directory for /nonexistent/x", 123, "image", "--iso", "--no-build", "-o", "/nonexistent/x", "--", "true")]
    public async Task ARequestThatCannotBeFulfilledSaysWhatIsWrong(string message, int status, params string[] arguments)
    {
        // The stub, unless the case names a kernel itself, or has one on a disc.
        string[] kernel = !arguments.Any(static word => word is "--kernel" or "--iso") && arguments[0] == "run" ? ["--kernel", StubTests.Image] : [];
        CommandResult result = await RunAsync([arguments[0], .. kernel, .. arguments[1..]]);

        Assert.Equal(status, result.Status);
        Assert.Contains(message, result.Error);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    [InlineData("KILL", 137)]
    public async Task TheMachineNeverOutlivesTheCommand(string signal, int status)
    {
        using Process command = Start("run", "--kernel", StubTests.Image, "--append", "@spin", "--timeout", "0", "--", "true");
        using CancellationTokenSource limit = new(s_limit);
        Assert.StartsWith("stub: ", await command.StandardOutput.ReadLineAsync(limit.Token));
        List<int> machines = FindMachines(command.Id);
        Assert.Single(machines);

        using (Process kill = Process.Start("kill", ["-s", signal, command.Id.ToString()]))
            await kill.WaitForExitAsync(limit.Token);
        await command.WaitForExitAsync(limit.Token);
        Assert.Equal(status, command.ExitCode);
        while (IsAlive(machines[0]))
            await Task.Delay(20, limit.Token);
    }

    [Fact]
    public async Task HelpTeachesWithExamples()
    {
        CommandResult result = await RunAsync("run", "--help");

        Assert.Equal(0, result.Status);
        Assert.Contains("./commence run --cpus 4 -- /bin/busybox uname -a", result.Output);
    }

    internal sealed record CommandResult(int Status, string Output, string Error);

    internal static Task<CommandResult> RunAsync(params string[] arguments) => RunAsync(s_limit, arguments);

    /// <summary>Runs ./commence to its end.</summary>
    internal static async Task<CommandResult> RunAsync(TimeSpan timeout, params string[] arguments)
    {
        using Process command = Start(arguments);
        using CancellationTokenSource limit = new(timeout);
        Task<string> output = command.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> error = command.StandardError.ReadToEndAsync(limit.Token);
        await command.WaitForExitAsync(limit.Token);
        return new CommandResult(command.ExitCode, await output, await error);
    }

    private static Process Start(params string[] arguments)
    {
        string tool = Path.Combine(Kernel.Root, "artifacts", "bin", "Commence.Cli", "release", "commence.dll");

        // A shell that starts the tests in the background has them ignore SIGINT, and so would the command.
        return Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", tool, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    // The emulators among a process's children.
    private static List<int> FindMachines(int parent)
    {
        List<int> machines = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out int id) && Status(id) is (string name, _, int itsParent) && itsParent == parent && name.StartsWith("qemu", StringComparison.Ordinal))
                machines.Add(id);
        }
        return machines;
    }

    private static bool IsAlive(int id) => Status(id) is (_, not 'Z', _);

    // /proc/ID/stat: "ID (name) state parent …".  Source: proc(5).
    private static (string Name, char State, int Parent)? Status(int id)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{id}/stat");
            int end = text.LastIndexOf(')');
            string[] rest = text[(end + 2)..].Split(' ');
            return (text[(text.IndexOf('(') + 1)..end], rest[0][0], int.Parse(rest[1]));
        }
        catch (IOException)
        {
            return null; // it has ended
        }
    }
}

// --help that teaches: the usual help, then examples.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.IO;
using System.Linq;

namespace Commence.Cli;

/// <summary>The help action that adds examples.</summary>
internal sealed class ExampleHelp(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, (string Command, string What)[]> s_examples = new()
    {
        ["commence"] =
        [
            ("./commence run", "a shell on a machine with one processor; Ctrl-A x ends it"),
            ("./commence run --cpus 4 -- uname -a", "one program on four processors"),
            ("./commence test --unit", "the tests that need no machine, in seconds"),
            ("./commence doctor", "what this host has and what it lacks"),
        ],
        ["run"] =
        [
            ("./commence run --cpus 4 -- /bin/busybox uname -a", "boot four processors, run one program"),
            ("./commence run -- sh -c 'echo $((6 * 7)); exit 3'", "ends with status 3, as the program does"),
            ("./commence run --machine pc,acpi=off --sockets 4 --cpus 4", "a shell; processors found in the MP table"),
            ("./commence run -- ./hello", "a static program of this host, copied in"),
            ("./commence run --rootfs tree -- /sbin/app", "a file system of your own"),
            ("./commence run --append initcall_debug -q -- true", "more kernel parameters, fewer messages"),
            ("./commence run --timeout 5 -- sleep 9", "ends with status 124"),
            ("./commence run --gdb -- true", "wait for gdb before the first instruction"),
            ("./commence run --firmware ovmf --cpus 4 -- nproc", "UEFI, GRUB and the kernel, from a disc made for this run"),
            ("./commence run --iso commence.iso", "what ./commence image put on a disc"),
        ],
        ["image"] =
        [
            ("./commence image --iso", "a disc with a shell, for BIOS and UEFI machines"),
            ("./commence image --iso -o uname.iso -- uname -a", "one that runs a program and switches the machine off"),
        ],
        ["help-params"] =
        [
            ("./commence help-params", "all of them"),
            ("./commence help-params cpu", "those in whose name or description this occurs"),
            ("./commence help-params --json", "for programs"),
        ],
        ["test"] =
        [
            ("./commence test", "everything"),
            ("./commence test --unit", "hosted tests only"),
            ("./commence test --filter Slab", "tests whose name contains Slab"),
        ],
        ["bringup"] =
        [
            ("./commence bench bringup", "everything; more than an hour"),
            ("./commence bench bringup --quick", "without Linux at 255 processors"),
            ("./commence bench bringup --no-linux --cpus 4,64", "our own figures, in a minute"),
        ],
        ["boot"] =
        [
            ("./commence bench boot --cpus 4 --no-memory", "one row, beside Linux"),
            ("./commence bench boot --repeats 0 --no-linux", "our own instructions, exactly"),
        ],
    };

    /// <summary>Replaces the help of <paramref name="root"/> and its commands.</summary>
    internal static void Attach(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!);
    }

    public override int Invoke(ParseResult parsed)
    {
        int status = usual.Invoke(parsed);
        Command command = parsed.CommandResult.Command;
        string key = command is RootCommand ? "commence" : command.Name;
        if (s_examples.TryGetValue(key, out (string Command, string What)[]? examples))
            Print(parsed.InvocationConfiguration.Output, examples);
        if (key == "run")
            parsed.InvocationConfiguration.Output.WriteLine("Exit status: the program's own, or 120 to 127: docs/commands.md tells their meanings.");
        return status;
    }

    private static void Print(TextWriter output, (string Command, string What)[] examples)
    {
        output.WriteLine("Examples:");
        int width = examples.Max(static example => example.Command.Length) + 2;
        foreach ((string command, string what) in examples)
            output.WriteLine($"  {command.PadRight(width)}{what}");
        output.WriteLine();
    }
}

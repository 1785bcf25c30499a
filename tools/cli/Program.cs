// ./commence: the one entry point. See docs/commands.md.
using System;
using System.CommandLine;
using System.CommandLine.Help;
using Commence.Cli;
using Commence.Cli.Bench;
using Commence.Cli.Build;
using Commence.Cli.Host;
using Commence.Cli.Image;
using Commence.Cli.Initcalls;
using Commence.Cli.Parameters;
using Commence.Cli.Run;
using Commence.Cli.Test;

RootCommand root = new("Commence, a multiprocessor operating system kernel in C#: build it, boot it, test it.")
{
    RunCommand.Create(),
    BuildCommand.Create(),
    ImageCommand.Create(),
    TestCommand.Create(),
    BenchCommand.Create(),
    InitcallsCommand.Create(),
    DoctorCommand.Create(),
    HelpParametersCommand.Create(),
};
ExampleHelp.Attach(root);

// An argument that begins with @ is an argument, not a file of arguments.
ParserConfiguration syntax = new() { ResponseFileTokenReplacer = null };
ParseResult parsed = root.Parse(args.Length > 0 ? args : ["--help"], syntax);
if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
    return BadCommandLine.Tell(parsed);

using Interruption interruption = new();
try
{
    InvocationConfiguration invocation = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    int status = await parsed.InvokeAsync(invocation, interruption.Token);
    return args.Length > 0 ? status : ExitStatus.BadRequest;
}
catch (CommandException error)
{
    Say.Error(error.Message);
    return error.Status;
}
catch (OperationCanceledException) when (interruption.Signal is int signal)
{
    Say.Error("interrupted");
    return ExitStatus.SignalBase + signal;
}

// What to say when the command line makes no sense: what is wrong, and where to read on.
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq;

namespace Commence.Cli;

internal static class BadCommandLine
{
    /// <summary>Says what is wrong and gives the exit status.</summary>
    internal static int Tell(ParseResult parsed)
    {
        // "command missing" says nothing when the real trouble is a misspelt one.
        bool isMisspelt = parsed.UnmatchedTokens.Count > 0;
        foreach (ParseError error in parsed.Errors.Where(error => !isMisspelt || NamesSomething(error)))
            Say.Error(error.Message);

        string command = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
        Say.Note($"try ./commence {command}--help");
        return ExitStatus.BadRequest;
    }

    private static bool NamesSomething(ParseError error) => error.Message.Contains('\'');
}

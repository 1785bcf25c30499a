// Options that several commands share.
using System.CommandLine;

namespace Commence.Cli;

internal static class CommonOptions
{
    internal static Option<string> Arch()
    {
        Option<string> option = new("--arch") { Description = "Architecture", HelpName = "ARCH", DefaultValueFactory = static _ => "x64" };
        option.AcceptOnlyFromAmong("x64");
        return option;
    }

    internal static Option<bool> Verbose() => new("--verbose") { Description = "Show everything that is done" };
}

// The options that say what runs in a machine: shared by the commands that boot it and that put it on a disc.
using System.CommandLine;
using System.CommandLine.Parsing;
using System.IO;
using System.Linq;

namespace Commence.Cli.Run;

/// <summary>What the user may say of a payload.</summary>
internal static class PayloadOptions
{
    private static readonly Option<string> s_arch = CommonOptions.Arch();

    private static readonly Option<string?> s_rootfs = new("--rootfs")
    {
        Description = "Directory that becomes the machine's file system (default: busybox)",
        HelpName = "DIR",
    };

    private static readonly Option<string?> s_initrd = new("--initrd")
    {
        Description = "File that is loaded as initial RAM file system, as it is",
        HelpName = "FILE",
    };

    private static readonly Option<string> s_append = new("--append")
    {
        Description = "More kernel parameters",
        HelpName = "TEXT",
        DefaultValueFactory = static _ => "",
    };

    private static readonly Option<bool> s_interactive = new("--interactive", "-i")
    {
        Description = "Connect the keyboard to the program, as for the shell",
    };

    private static readonly Option<bool> s_quiet = new("--quiet", "-q")
    {
        Description = "Keep the kernel's own messages off the console",
    };

    private static readonly Option<bool> s_noBuild = new("--no-build")
    {
        Description = "Take the image that is there",
    };

    private static readonly Option<string?> s_kernel = new("--kernel")
    {
        Description = "Take this image; nothing is built",
        HelpName = "FILE",
    };

    private static readonly Option<bool> s_verbose = CommonOptions.Verbose();

    private static readonly Argument<string[]> s_program = new("program")
    {
        Description = "Program and its arguments, after --; without it, a shell",
        Arity = ArgumentArity.ZeroOrMore,
    };

    // What a disc that exists has settled already.
    private static readonly Option[] s_settledByDisc = [s_rootfs, s_initrd, s_append, s_quiet, s_kernel];

    /// <summary>Adds all options to the command.</summary>
    internal static void AddTo(Command command)
    {
        Option[] options = [s_arch, s_rootfs, s_initrd, s_append, s_interactive, s_quiet, s_noBuild, s_kernel, s_verbose];
        foreach (Option option in options)
            command.Options.Add(option);
        command.Arguments.Add(s_program);
    }

    /// <summary>Reads what the user said.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="isOnDisc">A disc has it all already: nothing more can be said of it, and the kernel only names addresses.</param>
    /// <remarks>Fails: throws <see cref="CommandException"/> for what makes no sense.</remarks>
    internal static Payload Read(ParseResult parsed, bool isOnDisc = false)
    {
        string[] program = ProgramWords(parsed);
        Payload payload = new()
        {
            Arch = parsed.GetValue(s_arch)!,
            Kernel = parsed.GetValue(s_kernel) ?? Repository.KernelImage(parsed.GetValue(s_arch)!),
            IsBuilt = !isOnDisc && !parsed.GetValue(s_noBuild) && parsed.GetValue(s_kernel) is null,
            IsVerbose = parsed.GetValue(s_verbose),
            Rootfs = parsed.GetValue(s_rootfs),
            Initrd = parsed.GetValue(s_initrd),
            Append = parsed.GetValue(s_append)!,
            IsQuiet = parsed.GetValue(s_quiet),
            IsInteractive = program.Length == 0 || parsed.GetValue(s_interactive),
            Command = program,
        };
        if (isOnDisc && SettledByDisc(parsed) is string settled)
            throw new CommandException(ExitStatus.BadRequest, $"--iso and {settled}: the disc has its own");
        if (!isOnDisc && !payload.IsBuilt && !File.Exists(payload.Kernel))
            throw new CommandException(ExitStatus.BadRequest, $"there is no kernel image {payload.Kernel}");
        if (payload.Rootfs is not null && payload.Initrd is not null)
            throw new CommandException(ExitStatus.BadRequest, "--rootfs and --initrd exclude each other");
        return payload;
    }

    private static string? SettledByDisc(ParseResult parsed)
    {
        if (parsed.GetValue(s_program) is { Length: > 0 })
            return "a program";
        return s_settledByDisc.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;
    }

    // Only what follows "--": before it, a misspelt option would pass for a program.
    private static string[] ProgramWords(ParseResult parsed)
    {
        string[] words = parsed.GetValue(s_program) ?? [];
        int after = parsed.Tokens.Reverse().TakeWhile(static token => token.Type != TokenType.DoubleDash).Count();
        bool hasDashes = parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash);
        string command = parsed.CommandResult.Command.Name;
        if (words.Length > (hasDashes ? after : 0))
            throw new CommandException(ExitStatus.BadRequest, words[0].StartsWith('-')
                ? $"unknown option {words[0]}; try ./commence {command} --help"
                : $"the program goes after --: ./commence {command} [options] -- {string.Join(' ', words)}");
        return words;
    }
}

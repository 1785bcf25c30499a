// What we say to the user. All of it goes to standard error: standard output belongs to the machine's console, or to
// the one thing that was asked for. Colour and spinners only on a terminal.
using System;
using System.IO;
using System.Threading.Tasks;
using Spectre.Console;

namespace Commence.Cli;

/// <summary>Messages and progress.</summary>
internal static class Say
{
    /// <summary>Standard error.</summary>
    internal static IAnsiConsole Terminal { get; } = Open(Console.Error, Console.IsErrorRedirected);

    /// <summary>Makes a console for formatted text; redirected, it is plain and wide.</summary>
    internal static IAnsiConsole Open(TextWriter output, bool isRedirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = isRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = isRedirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (isRedirected)
            console.Profile.Width = 200;
        return console;
    }

    private static bool s_isSpinning;

    /// <summary>Says something.</summary>
    internal static void Note(string message) => Write("", message);

    /// <summary>Says what is wrong.</summary>
    internal static void Error(string message) => Write("[red]", message);

    /// <summary>Does something that takes a while: a spinner on a terminal, a line elsewhere. Not to be nested.</summary>
    /// <param name="what">What is being done, such as "building the kernel image".</param>
    /// <param name="work">The work; it may call its argument to say how far it is.</param>
    internal static async Task<T> WhileAsync<T>(string what, Func<Action<string>, Task<T>> work)
    {
        if (!Terminal.Profile.Capabilities.Interactive)
        {
            Note(what);
            return await work(static _ => { });
        }
        s_isSpinning = true;
        try
        {
            return await Terminal.Status().StartAsync(Markup.Escape(what), async status =>
                await work(progress => status.Status(Markup.Escape(OneLine($"{what}: {progress}")))));
        }
        finally
        {
            s_isSpinning = false;
        }
    }

    private static string OneLine(string text)
    {
        int lengthMax = Math.Max(Terminal.Profile.Width - 4, 20); // the spinner and a margin
        return text.Length <= lengthMax ? text : text[..(lengthMax - 1)] + "…";
    }

    // Beside a spinner the text goes through the console that draws it; otherwise past it, so that lines are not wrapped.
    private static void Write(string style, string message)
    {
        string name = style.Length > 0 ? $"{style}commence:[/] " : "commence: ";
        if (s_isSpinning)
        {
            Terminal.MarkupLine(name + Markup.Escape(message));
            return;
        }
        Terminal.Markup(name);
        Console.Error.WriteLine(message);
    }
}

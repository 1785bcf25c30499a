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

    internal static void Note(string message) => Console.Error.WriteLine($"commence: {message}");

    internal static void Error(string message)
    {
        Terminal.Markup("[red]commence:[/] ");
        Console.Error.WriteLine(message);
    }

    /// <summary>Does something that takes a while: a spinner on a terminal, a line elsewhere.</summary>
    /// <param name="what">What is being done, such as "building the kernel image".</param>
    /// <param name="work">The work; it may call its argument to say how far it is.</param>
    internal static async Task<T> WhileAsync<T>(string what, Func<Action<string>, Task<T>> work)
    {
        if (!Terminal.Profile.Capabilities.Interactive)
        {
            Note(what);
            return await work(static _ => { });
        }
        return await Terminal.Status().StartAsync(Markup.Escape(what), async status =>
            await work(progress => status.Status(Markup.Escape($"{what}: {progress}"))));
    }
}

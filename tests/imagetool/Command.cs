using System;
using System.IO;

namespace Commence.ImageTool.Tests;

/// <summary>Runs the tool's entry point in this process.</summary>
internal static class Command
{
    private static readonly object s_console = new();

    public static (int Status, string Output, string Errors) Run(params string[] arguments)
    {
        lock (s_console)
        {
            (TextWriter output, TextWriter errors) = (Console.Out, Console.Error);
            using StringWriter capturedOutput = new(), capturedErrors = new();
            Console.SetOut(capturedOutput);
            Console.SetError(capturedErrors);
            try
            {
                int status = (int)typeof(ExitStatus).Assembly.EntryPoint!.Invoke(null, [arguments])!;
                return (status, capturedOutput.ToString(), capturedErrors.ToString());
            }
            finally
            {
                Console.SetOut(output);
                Console.SetError(errors);
            }
        }
    }
}

// imagetool symbols, imagetool verify-symbols.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using Commence.ImageTool.Elf;
using Commence.ImageTool.Naming;
using Commence.ImageTool.Symbols;

namespace Commence.ImageTool;

/// <summary>Options that both commands need, so that both collect the same names and lines.</summary>
internal sealed class SymbolOptions
{
    private readonly Option<string[]> _assemblies = new("--assembly", "-a")
    {
        Description = "IL assemblies that were compiled into the image; their metadata gives exact C# names",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _roots = new("--source-root", "-r")
    {
        Description = "folder that source paths are shown relative to",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _base = new("--base")
    {
        Description = "symbol from which code offsets count",
        DefaultValueFactory = _ => SymbolSource.DefaultBase,
    };

    public void AddTo(Command command)
    {
        command.Add(_assemblies);
        command.Add(_roots);
        command.Add(_base);
    }

    public SymbolSource Collect(ElfImage image, ParseResult arguments)
    {
        Demangler demangler = new(AssemblyNames.Load(arguments.GetValue(_assemblies) ?? []));
        SourcePaths paths = new(arguments.GetValue(_roots) ?? []);
        return SymbolSource.Collect(image, SymbolSource.FindBase(image, arguments.GetValue(_base)!), demangler, paths);
    }
}

/// <summary><c>imagetool symbols IN.elf OUT</c>.</summary>
internal static class SymbolsCommand
{
    public static Command Create()
    {
        Argument<string> input = new("image") { Description = "the linked image, with debug information" };
        Argument<string> output = new("output") { Description = "where to write the table: *.o an object file, *.S assembly, anything else the bare table" };
        SymbolOptions options = new();
        Command command = new("symbols", "Makes the kernel's table of methods and lines from the first link.") { input, output };
        options.AddTo(command);
        command.SetAction(arguments => Run(arguments.GetValue(input)!, arguments.GetValue(output)!, options, arguments));
        return command;
    }

    private static int Run(string input, string output, SymbolOptions options, ParseResult arguments)
    {
        ElfImage image = ElfImage.Load(input);
        SymbolSource source = options.Collect(image, arguments);
        byte[] table = SymbolTableWriter.Write(source, out SymbolTableSizes sizes);
        bool isWritten = TableFile.Write(output, table, image.Machine);

        int lines = 0;
        foreach (SymbolFunction function in source.Functions)
            lines += function.Rows.Count;
        Console.WriteLine($"{Path.GetFileName(output)}: {source.Functions.Count} functions, {lines} lines, {sizes.Total} bytes " +
            $"({100.0 * sizes.Total / Math.Max(1, source.TextSize):f1} % of {source.TextSize} bytes of text; names {sizes.Strings}, records {sizes.Records}, " +
            $"of which lines {sizes.Programs}){(isWritten ? "" : ", unchanged")}");
        return ExitStatus.Success;
    }
}

/// <summary><c>imagetool verify-symbols FINAL.elf</c>.</summary>
internal static class VerifySymbolsCommand
{
    public static Command Create()
    {
        Argument<string> input = new("image") { Description = "the final image, with its table" };
        Option<string> first = new("--first") { Description = "the first link, from which the table was made: no function may have moved" };
        SymbolOptions options = new();
        Command command = new("verify-symbols", "Checks that the table in the final image says what the image's debug information says.") { input, first };
        options.AddTo(command);
        command.SetAction(arguments => Run(arguments.GetValue(input)!, arguments.GetValue(first), options, arguments));
        return command;
    }

    private static int Run(string input, string? first, SymbolOptions options, ParseResult arguments)
    {
        ElfImage final = ElfImage.Load(input);
        IReadOnlyList<string> problems = SymbolTableVerifier.Verify(first is null ? null : ElfImage.Load(first), final, options.Collect(final, arguments));
        foreach (string problem in problems)
            Console.Error.WriteLine($"imagetool: error: {problem}");
        return problems.Count == 0 ? ExitStatus.Success : ExitStatus.Violation;
    }
}

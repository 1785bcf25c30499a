// imagetool check.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using Commence.ImageTool.Checks;
using Commence.ImageTool.Report;
using Commence.ImageTool.Symbols;

namespace Commence.ImageTool;

/// <summary><c>imagetool check IN.elf</c>.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        Argument<string> image = new("image") { Description = "the linked image" };
        Option<string> log = new("--ilc-log") { Description = "what `ilc --verbose` printed" };
        Option<string> map = new("--map") { Description = "what `ilc --map` wrote" };
        Option<string> first = new("--first") { Description = "the first link: verifies the symbol table too" };
        Option<string[]> assemblies = new("--assembly", "-a") { Description = "IL assemblies in the image, for exact names", AllowMultipleArgumentsPerToken = true };
        Option<string[]> roots = new("--source-root", "-r") { Description = "folder that source paths are shown relative to", AllowMultipleArgumentsPerToken = true };
        Option<string> baseSymbol = new("--base") { Description = "symbol from which code offsets count", DefaultValueFactory = _ => SymbolSource.DefaultBase };
        Option<string> simd = new("--simd-saved") { Description = "vector registers that kernel entry saves: xmm0,xmm1,xmm8 or all", DefaultValueFactory = _ => "" };
        Option<long> frame = new("--max-frame") { Description = "largest stack frame in bytes", DefaultValueFactory = _ => 1024 };
        Option<string> allow = new("--allow") { Description = "file of accepted violations, each with a reason" };
        Option<string[]> permit = new("--permit") { Description = "compiler helpers that the kernel implements", AllowMultipleArgumentsPerToken = true };
        Option<string[]> forbid = new("--forbid") { Description = "more symbols that must not exist", AllowMultipleArgumentsPerToken = true };
        Option<string> json = new("--json") { Description = "file to write the summary to" };
        Option<bool> quiet = new("--quiet", "-q") { Description = "print violations only" };
        Command command = new("check", "Checks what the kernel relies on: static initialisation, memory protection, the machine code, stack frames.")
        {
            image, log, map, first, assemblies, roots, baseSymbol, simd, frame, allow, permit, forbid, json, quiet,
        };
        command.SetAction(arguments =>
        {
            CheckResult result = ImageChecker.Check(new CheckOptions
            {
                Image = arguments.GetValue(image)!,
                IlcLog = arguments.GetValue(log),
                Map = arguments.GetValue(map),
                FirstLink = arguments.GetValue(first),
                Assemblies = arguments.GetValue(assemblies) ?? [],
                SourceRoots = arguments.GetValue(roots) ?? [],
                Base = arguments.GetValue(baseSymbol)!,
                XmmSaved = ParseRegisters(arguments.GetValue(simd)!),
                FrameMax = arguments.GetValue(frame),
                AllowList = arguments.GetValue(allow),
                Permitted = new HashSet<string>(arguments.GetValue(permit) ?? []),
                Forbidden = new HashSet<string>(arguments.GetValue(forbid) ?? []),
            });
            CheckPrinter.Print(result, arguments.GetValue(quiet) ? TextWriter.Null : Console.Out, Console.Error);
            if (arguments.GetValue(json) is { } path)
                CheckPrinter.WriteJson(result, path);
            return result.Violations.Count == 0 ? ExitStatus.Success : ExitStatus.Violation;
        });
        return command;
    }

    /// <summary>Turns "xmm0,xmm8" into a mask; "all" is all 16.</summary>
    internal static uint ParseRegisters(string list)
    {
        if (list == "all")
            return 0xffff;
        uint mask = 0;
        foreach (string name in list.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!name.StartsWith("xmm", StringComparison.Ordinal) || !int.TryParse(name.AsSpan(3), CultureInfo.InvariantCulture, out int number) || number is < 0 or > 15)
                throw new BadInputException($"--simd-saved: {name} is not one of xmm0 to xmm15, or all");
            mask |= 1u << number;
        }
        return mask;
    }
}

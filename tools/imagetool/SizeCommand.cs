// imagetool size.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using Commence.ImageTool.Elf;
using Commence.ImageTool.Naming;
using Commence.ImageTool.Symbols;

namespace Commence.ImageTool;

/// <summary><c>imagetool size IN.elf</c>: what the code is made of.</summary>
internal static class SizeCommand
{
    public static Command Create()
    {
        Argument<string> image = new("image") { Description = "the linked image" };
        Option<string[]> assemblies = new("--assembly", "-a") { Description = "IL assemblies in the image, for exact names", AllowMultipleArgumentsPerToken = true };
        Option<int> top = new("--top") { Description = "rows per table", DefaultValueFactory = _ => 20 };
        Command command = new("size", "Shows the largest namespaces, types and methods of an image.") { image, assemblies, top };
        command.SetAction(arguments => Run(ElfImage.Load(arguments.GetValue(image)!), new Demangler(AssemblyNames.Load(arguments.GetValue(assemblies) ?? [])), arguments.GetValue(top)));
        return command;
    }

    private static int Run(ElfImage image, Demangler demangler, int top)
    {
        List<(MethodName Name, long Size)> functions = [.. CodeFunctions.Find(image).Select(f => (demangler.Demangle(f.Symbol), (long)f.Size))];
        long total = functions.Sum(f => f.Size);
        Console.WriteLine($"{functions.Count:n0} functions, {total:n0} bytes, {(functions.Count == 0 ? 0 : total / functions.Count):n0} on average");
        Table("namespaces", functions.GroupBy(f => f.Name.Type.Length == 0 ? "(assembly)" : f.Name.Namespace), total, top);
        Table("types", functions.Where(f => f.Name.Type.Length > 0).GroupBy(f => (f.Name with { Method = "" }).ToString().TrimEnd('.')), total, top);
        Table("functions", functions.GroupBy(f => f.Name.ToString()), total, top);
        return ExitStatus.Success;
    }

    private static void Table(string title, IEnumerable<IGrouping<string, (MethodName Name, long Size)>> groups, long total, int top)
    {
        Console.WriteLine();
        Console.WriteLine($"{"bytes",10} {"share",6} {"count",6}  {title}");
        foreach (var row in groups.Select(g => (g.Key, Size: g.Sum(f => f.Size), Count: g.Count())).OrderByDescending(r => r.Size).ThenBy(r => r.Key, StringComparer.Ordinal).Take(top))
            Console.WriteLine($"{row.Size,10:n0} {100.0 * row.Size / Math.Max(1, total),5:f1}% {row.Count,6:n0}  {row.Key}");
    }
}

// Runs all checks on a linked image and collects the result.
using System;
using System.Collections.Generic;
using System.Linq;
using Commence.ImageTool.Dwarf;
using Commence.ImageTool.Elf;
using Commence.ImageTool.Naming;
using Commence.ImageTool.Symbols;

namespace Commence.ImageTool.Checks;

/// <summary>What to check, and against which limits.</summary>
internal sealed record CheckOptions
{
    public required string Image { get; init; }
    public string? IlcLog { get; init; }
    public string? Map { get; init; }
    public string? AllowList { get; init; }

    /// <summary>The first link: given, the symbol table in the image is verified too.</summary>
    public string? FirstLink { get; init; }

    public IReadOnlyList<string> Assemblies { get; init; } = [];
    public IReadOnlyList<string> SourceRoots { get; init; } = [];
    public string Base { get; init; } = SymbolSource.DefaultBase;
    public uint XmmSaved { get; init; }
    public long FrameMax { get; init; } = 1024;
    public IReadOnlySet<string> Permitted { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> Forbidden { get; init; } = new HashSet<string>();
}

/// <summary>The sizes of an image in memory.</summary>
internal sealed record ImageSizes(long File, long Text, long ReadOnly, long Data, long Bss, long SymbolTable);

/// <summary>A method with a large frame.</summary>
internal sealed record LargeFrame(string Method, long Bytes);

/// <summary>What the checks found.</summary>
internal sealed record CheckResult
{
    public required IReadOnlyList<Violation> Violations { get; init; }
    public required IReadOnlyList<Violation> Accepted { get; init; }
    public required IReadOnlyList<string> UnusedAllowances { get; init; }
    public required ImageSizes Sizes { get; init; }
    public required int MethodCount { get; init; }
    public required int AssemblyFunctionCount { get; init; }
    public required int InstructionCount { get; init; }
    public required uint XmmUsed { get; init; }
    public required int? GcStaticBytes { get; init; }
    public required IReadOnlyList<LargeFrame> LargestFrames { get; init; }
}

/// <summary>The gate that a build passes through.</summary>
internal static class ImageChecker
{
    private const int LargestCount = 10;

    public static CheckResult Check(CheckOptions options)
    {
        ElfImage image = ElfImage.Load(options.Image);
        IlcMap? map = options.Map is null ? null : IlcMap.Load(options.Map);
        Demangler demangler = new(AssemblyNames.Load(options.Assemblies));
        List<Violation> found = [];

        if (options.IlcLog is not null)
            found.AddRange(PreinitializationGate.CheckLog(options.IlcLog));
        if (map is not null)
            found.AddRange(PreinitializationGate.CheckMap(map));
        found.AddRange(SymbolGate.Check(image, options.Permitted, options.Forbidden));
        found.AddRange(LayoutGate.Check(image));

        IReadOnlyList<CodeFunction> functions = CodeFunctions.Find(image);
        List<CodeFunction> methods = [];
        IReadOnlyList<ScannedFunction> scanned = [];
        if (image.Machine == ElfConstants.EM_X86_64)
        {
            methods = [.. functions.Where(CodeGate.ManagedFilter(image, map))];
            scanned = CodeGate.Scan(image, methods, options.XmmSaved, options.FrameMax);
            found.AddRange(Violations(image, scanned, demangler, options));
        }
        if (map is not null)
            found.AddRange(CompareWithMap(map, functions));
        if (options.FirstLink is not null)
            found.AddRange(VerifySymbols(image, demangler, options));

        AllowList allowed = AllowList.Load(options.AllowList);
        ILookup<bool, Violation> judged = found.ToLookup(allowed.Accepts);
        return new CheckResult
        {
            Violations = [.. judged[false]],
            Accepted = [.. judged[true]],
            UnusedAllowances = [.. allowed.Unused()],
            Sizes = SizesOf(image),
            MethodCount = methods.Count,
            AssemblyFunctionCount = functions.Count - methods.Count,
            InstructionCount = scanned.Sum(s => s.Facts.InstructionCount),
            XmmUsed = scanned.Aggregate(0u, (used, s) => used | s.Facts.XmmUsed),
            GcStaticBytes = map?.GcStaticBytes,
            LargestFrames = [.. scanned.OrderByDescending(s => s.Facts.FrameBytes).Take(LargestCount)
                .Where(s => s.Facts.FrameBytes > 0).Select(s => new LargeFrame(demangler.Demangle(s.Function.Symbol).ToString(), s.Facts.FrameBytes))],
        };
    }

    private static IEnumerable<Violation> Violations(ElfImage image, IReadOnlyList<ScannedFunction> scanned, Demangler demangler, CheckOptions options)
    {
        LineTable? lines = null; // read only if something was found
        SourcePaths paths = new(options.SourceRoots);
        foreach (ScannedFunction function in scanned)
        {
            foreach (Finding finding in function.Facts.Findings)
            {
                lines ??= LineTableReader.Read(image);
                string name = demangler.Demangle(function.Function.Symbol).ToString();
                LineRow row = lines.At(function.Function.Address, function.Function.End, finding.Address);
                string file = row.Line > 0 ? paths.Shorten(lines.Files[row.File]).ToString() : "";
                string place = finding.Address == function.Function.Address ? "" : $" (at +0x{finding.Address - function.Function.Address:x})";
                yield return new Violation(finding.Rule, name, $"{name} {finding.Message}{place}", file, row.Line);
            }
        }
    }

    private static IEnumerable<Violation> CompareWithMap(IlcMap map, IReadOnlyList<CodeFunction> functions)
    {
        HashSet<string> present = [.. functions.Select(f => f.Symbol)];
        string[] missing = [.. map.Methods.Keys.Where(m => !present.Contains(m))];
        if (missing.Length > 0)
            yield return new Violation(Rule.MapMismatch, "map", $"{missing.Length} of the map's {map.Methods.Count} methods are not in the image, {missing[0]} for one");
    }

    private static IEnumerable<Violation> VerifySymbols(ElfImage image, Demangler demangler, CheckOptions options)
    {
        SymbolSource source = SymbolSource.Collect(image, SymbolSource.FindBase(image, options.Base), demangler, new SourcePaths(options.SourceRoots));
        foreach (string problem in SymbolTableVerifier.Verify(ElfImage.Load(options.FirstLink!), image, source))
            yield return new Violation(Rule.SymbolTable, TableFile.SectionName, problem);
    }

    private static ImageSizes SizesOf(ElfImage image)
    {
        long text = 0, readOnly = 0, data = 0, bss = 0, table = 0;
        foreach (ElfSection section in image.Sections)
        {
            if (!section.IsAllocated)
                continue;
            if (section.IsExecutable)
                text += (long)section.Size;
            else if (section.Name == TableFile.SectionName)
                table += (long)section.Size;
            else if (!section.IsWritable)
                readOnly += (long)section.Size;
            else if (section.HasBytes)
                data += (long)section.Size;
            else
                bss += (long)section.Size;
        }
        return new ImageSizes(image.FileSize, text, readOnly, data, bss, table);
    }
}

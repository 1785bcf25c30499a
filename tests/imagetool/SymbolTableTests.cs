// The symbol table: what the tool writes, the kernel's reader finds, and LLVM's tools agree.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Commence.ImageTool.Elf;
using Commence.ImageTool.Naming;
using Commence.ImageTool.Symbols;
using Commence.Lib.Symbols;
using Xunit;

namespace Commence.ImageTool.Tests;

public sealed class SymbolTableTests
{
    private const string CSource = """
        #include "inner.h"
        static volatile int counter;
        __attribute__((noinline)) int add(int a, int b)
        {
            counter++;
            return a + b;
        }
        __attribute__((noinline)) int loop(int n)
        {
            int sum = 0;
            for (int i = 0; i < n; i++) {
                if (i % 3 == 0)
                    sum += add(i, sum);
                else
                    counter--;
            }


            return sum + inner(sum);
        }
        int many(int x)
        {
            switch (x) {
            case 1: return add(1, x);
            case 2: return loop(x);
        #line 4000 "elsewhere/generated.c"
            case 3: counter = 3; return 3;
            case 4: counter = 9; return add(7, 7);
        #line 12 "back.c"
            default: return inner(x);
            }
        }
        """;

    private const string CHeader = "static int __attribute__((noinline)) inner(int x)\n{\n    volatile int y = x;\n    return y * 2;\n}\n";

    private static string CImage(Toolchain tools, params string[] options)
    {
        tools.Write("inner.h", CHeader);
        return tools.Link(Toolchain.GoodScript, tools.Assemble("start.S", Toolchain.Prologue), tools.Compile("code.c", CSource, options));
    }

    private static SymbolSource Collect(string image, IEnumerable<string>? assemblies = null, string root = "/nowhere", string baseSymbol = SymbolSource.DefaultBase)
    {
        ElfImage elf = ElfImage.Load(image);
        return SymbolSource.Collect(elf, SymbolSource.FindBase(elf, baseSymbol), new Demangler(AssemblyNames.Load(assemblies ?? [])), new SourcePaths([root]));
    }

    private static string Describe(byte[] bytes, uint offset)
    {
        Assert.True(SymbolTable.TryOpen(bytes, out SymbolTable table));
        return table.TryFind(offset, out SymbolInfo info)
            ? $"{Text(info.Namespace)}|{Text(info.Type)}|{Text(info.Method)}+{info.Offset} {Text(info.Directory)}|{Text(info.File)}:{info.Line}"
            : "nothing";
    }

    private static string Text(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);

    // For each address: the function and "path:line", as llvm-symbolizer sees them.
    private static List<(string Function, string Place)> Symbolize(Toolchain tools, string image, IEnumerable<ulong> addresses)
    {
        string output = tools.RunWithInput("llvm-symbolizer-19", string.Concat(addresses.Select(a => $"0x{a:x}\n")),
            "--obj=" + image, "--output-style=GNU", "--functions=linkage", "--no-inlines", "--no-demangle", "--no-debuginfod");
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        List<(string, string)> result = [];
        for (int i = 0; i + 1 < lines.Length; i += 2)
            result.Add((lines[i], lines[i + 1].Split(" (discriminator")[0]));
        return result;
    }

    // Compares every byte of code that has line information.
    private static int CompareWithLlvm(Toolchain tools, string image, SymbolSource source, byte[] bytes, int step)
    {
        Assert.True(SymbolTable.TryOpen(bytes, out SymbolTable table));
        List<ulong> addresses = [];
        foreach (SymbolFunction function in source.Functions)
            if (function.Rows.Count > 0)
                for (uint offset = 0; offset < function.Size; offset += (uint)step)
                    addresses.Add(source.BaseAddress + function.Start + offset);
        List<(string Function, string Place)> expected = Symbolize(tools, image, addresses);
        Assert.Equal(addresses.Count, expected.Count);

        int compared = 0, at = 0;
        for (int i = 0; i < addresses.Count; i++)
        {
            while (at + 1 < source.Functions.Count && source.Functions[at + 1].Start <= addresses[i] - source.BaseAddress)
                at++;
            SymbolFunction function = source.Functions[at];
            Assert.True(table.TryFind((uint)(addresses[i] - source.BaseAddress), out SymbolInfo info));
            if (expected[i].Place.EndsWith(":0", StringComparison.Ordinal) && (info.Line == 0 || expected[i].Place.StartsWith("??", StringComparison.Ordinal)))
                continue; // both do not know, or LLVM stops at the end of the compiler's last sequence, which is before its last instruction
            string place = Path.GetFullPath(expected[i].Place, tools.Folder);
            string found = $"{Text(info.Directory)}{(info.Directory.IsEmpty ? "" : "/")}{Text(info.File)}:{info.Line}";
            if (!place.EndsWith("/" + found, StringComparison.Ordinal) && place != found)
            {
                // A function that begins before its first row has, for LLVM, the line of whatever stands before it.
                uint offset = (uint)(addresses[i] - source.BaseAddress) - function.Start;
                Assert.True(offset < function.FirstRowOffset, $"0x{addresses[i]:x}: table {found}, llvm-symbolizer {place}");
                continue;
            }
            compared++;
        }
        return compared;
    }

    [Theory]
    [InlineData("-gdwarf-2")]
    [InlineData("-gdwarf-3")]
    [InlineData("-gdwarf-4")]
    [InlineData("-gdwarf-5")]
    [InlineData("-gdwarf-5", "-gdwarf64")]
    [InlineData("-gdwarf-5", "-O2")]
    [InlineData("-gdwarf-4", "-O1", "-ffunction-sections")]
    public void AgreesWithLlvmOnEveryAddress(params string[] options)
    {
        using Toolchain tools = new();
        string image = CImage(tools, options);
        SymbolSource source = Collect(image);
        byte[] bytes = SymbolTableWriter.Write(source, out SymbolTableSizes sizes);
        Assert.Equal(sizes.Total, bytes.Length);
        int compared = CompareWithLlvm(tools, image, source, bytes, step: 1);
        Assert.True(compared > 100, $"only {compared} addresses compared");
    }

    [Fact]
    public void FunctionsAgreeWithNm()
    {
        using Toolchain tools = new();
        string image = CImage(tools, "-O1");
        SymbolSource source = Collect(image);
        List<string> expected = [];
        foreach (string line in tools.Run("llvm-nm-19", "-n", image).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ');
            if (parts[1] is "t" or "T" && parts[2] is not ("text_start" or "__managedcode_start" or "__managedcode_end"))
                expected.Add($"{ulong.Parse(parts[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) - source.BaseAddress:x} {parts[2]}");
        }
        Assert.Equal(expected, source.Functions.Select(f => $"{f.Start:x} {f.Name}"));
    }

    [Fact]
    public void PathsAreRelativeToTheRoot()
    {
        using Toolchain tools = new();
        SymbolSource source = Collect(CImage(tools, "-g", "-O0"), root: tools.Folder);
        byte[] bytes = SymbolTableWriter.Write(source, out _);
        SymbolFunction many = source.Functions.Single(f => f.Name.Method == "many");
        Assert.Equal("||many+0 |code.c:22", Describe(bytes, many.Start));
        Assert.Contains(many.Rows, r => r.File == new SourceFile("elsewhere", "generated.c") && r.Line == 4000);
        SymbolRow generated = many.Rows.First(r => r.File.Name == "generated.c");
        Assert.Equal($"||many+{generated.Offset} elsewhere|generated.c:{generated.Line}", Describe(bytes, many.Start + generated.Offset));
    }

    [Fact]
    public void TwoLinksAgreeAndTheImageIsVerified()
    {
        using Toolchain tools = new();
        string first = CImage(tools, "-O1");
        File.Copy(first, tools.PathOf("first.elf"));
        Assert.Equal(0, Command.Run("symbols", tools.PathOf("first.elf"), tools.PathOf("ksymtab.o"), "-r", tools.Folder).Status);
        string final = tools.Link(Toolchain.GoodScript, tools.PathOf("start.o"), tools.PathOf("code.o"), tools.PathOf("ksymtab.o"));
        Assert.Equal((0, "", ""), Command.Run("verify-symbols", final, "--first", tools.PathOf("first.elf"), "-r", tools.Folder));

        // Written again, the file is left alone: nothing after it needs to be built again.
        Assert.Contains("unchanged", Command.Run("symbols", tools.PathOf("first.elf"), tools.PathOf("ksymtab.o"), "-r", tools.Folder).Output);

        // The three forms hold the same table.
        Command.Run("symbols", tools.PathOf("first.elf"), tools.PathOf("ksymtab.bin"), "-r", tools.Folder);
        Command.Run("symbols", tools.PathOf("first.elf"), tools.PathOf("table.S"), "-r", tools.Folder);
        tools.Run("clang-19", "--target=x86_64-none-elf", "-c", "table.S", "-o", "table.o");
        byte[] table = File.ReadAllBytes(tools.PathOf("ksymtab.bin"));
        foreach (string name in (string[])["image.elf", "ksymtab.o", "table.o"])
        {
            ElfImage elf = ElfImage.Load(tools.PathOf(name));
            Assert.Equal(table, elf.BytesOf(elf.FindSection(".ksymtab")!).ToArray());
        }
    }

    [Fact]
    public void VerifierSeesMovedCodeAndAWrongTable()
    {
        using Toolchain tools = new();
        string first = CImage(tools, "-O1");
        File.Copy(first, tools.PathOf("first.elf"));
        Command.Run("symbols", tools.PathOf("first.elf"), tools.PathOf("ksymtab.o"));
        string start = tools.PathOf("start.o"), code = tools.PathOf("code.o"), table = tools.PathOf("ksymtab.o");

        string moved = tools.Link(Toolchain.GoodScript.Replace("text_start = .;", "text_start = .; .ksymtab : { KEEP(*(.ksymtab)) } :text").Replace("  .ksymtab : { KEEP(*(.ksymtab)) } :rodata\n", ""), start, code, table);
        (int status, _, string errors) = Command.Run("verify-symbols", moved, "--first", tools.PathOf("first.elf"));
        Assert.Equal(1, status);
        Assert.Contains("must be placed after everything", errors);

        string without = tools.Link(Toolchain.GoodScript, start, code);
        Assert.Contains("has no section .ksymtab", Command.Run("verify-symbols", without).Errors);

        string other = tools.Link(Toolchain.GoodScript, start, tools.Compile("code.c", CSource.Replace("return a + b;", "return a - b + 1;"), "-O1"), table);
        Assert.Equal(1, Command.Run("verify-symbols", other).Status);

        string checkedImage = Command.Run("check", other, "--first", tools.PathOf("first.elf")).Errors;
        Assert.Contains("IMG051", checkedImage);
    }

    [Fact]
    public void MissingBaseIsExplained()
    {
        using Toolchain tools = new();
        string image = CImage(tools, "-O1");
        (int status, _, string errors) = Command.Run("symbols", image, tools.PathOf("x.bin"), "--base", "nothing_here");
        Assert.Equal(2, status);
        Assert.Contains("nothing_here", errors);
    }

    private static SymbolSource RandomSource(int seed, int count)
    {
        Random random = new(seed);
        List<SymbolFunction> functions = [];
        uint start = (uint)random.Next(0, 100);
        for (int i = 0; i < count; i++)
        {
            uint size = (uint)random.Next(1, random.Next(2, 3000));
            MethodName name = new(random.Next(5) == 0 ? "" : $"Space{random.Next(9)}", random.Next(7) == 0 ? "" : $"Type{random.Next(40)}", $"Method{random.Next(count)}é");
            List<SymbolRow> rows = [];
            for (uint at = 0; random.Next(12) != 0 && at < size; at += (uint)random.Next(1, random.Next(2, 200)))
                rows.Add(new SymbolRow(at, random.Next(30) == 0 ? SourceFile.None : new SourceFile($"src/dir{random.Next(5)}", $"File{random.Next(20)}.cs"), random.Next(40) == 0 ? 0 : random.Next(1, 100_000)));
            functions.Add(new SymbolFunction(start, size, name, rows));
            start += random.Next(2) == 0 ? size : (size + 15) / 16 * 16;
        }
        return SymbolSource.Create(0xffffffff80200000, functions);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 15)]
    [InlineData(3, 16)]
    [InlineData(4, 17)]
    [InlineData(5, 33)]
    [InlineData(6, 500)]
    [InlineData(7, 2000)]
    public void RandomTablesReadBack(int seed, int count)
    {
        SymbolSource source = RandomSource(seed, count);
        byte[] bytes = SymbolTableWriter.Write(source, out _);
        Assert.True(SymbolTable.TryOpen(bytes, out SymbolTable table));
        Assert.True(table.IsIntact());
        Assert.Equal((source.BaseAddress, count), (table.BaseAddress, table.FunctionCount));
        foreach (SymbolFunction function in source.Functions)
        {
            for (uint at = 0; at < function.Size; at += 1 + at / 16)
            {
                SymbolRow row = function.Rows.LastOrDefault(r => r.Offset <= at);
                string file = row.Line == 0 && row.File == default ? "|:0" : $"{row.File.Directory}|{row.File.Name}:{row.Line}";
                Assert.Equal($"{function.Name.Namespace}|{function.Name.Type}|{function.Name.Method}+{at} {file}", ExpectedPrefix(function, bytes, function.Start + at));
            }
        }
        Assert.Equal("nothing", Describe(bytes, source.TextSize));
        Assert.Equal("nothing", Describe(bytes, uint.MaxValue));
        if (source.Functions[0].Start > 0)
            Assert.Equal("nothing", Describe(bytes, source.Functions[0].Start - 1));
    }

    // A namespace goes with its type: a function without a type is shown without one.
    private static string ExpectedPrefix(SymbolFunction function, byte[] bytes, uint offset)
    {
        string found = Describe(bytes, offset);
        return function.Name.Type.Length == 0 && function.Name.Namespace.Length > 0 && found.StartsWith("|", StringComparison.Ordinal) ? function.Name.Namespace + found : found;
    }

    [Fact]
    public void EmptyTableKnowsNothing()
    {
        byte[] bytes = SymbolTableWriter.Write(SymbolSource.Create(0, []), out _);
        Assert.Equal("nothing", Describe(bytes, 0));
        SymbolTable none = default;
        Assert.False(none.TryFind(0, out _));
        Assert.False(none.IsIntact());
        Assert.Equal((0ul, 0, 0u), (none.BaseAddress, none.FunctionCount, none.TextSizeBytes));
    }

    [Fact]
    public void OtherBytesAreNotATable()
    {
        byte[] bytes = SymbolTableWriter.Write(RandomSource(1, 20), out _);
        Assert.False(SymbolTable.TryOpen([], out _));
        Assert.False(SymbolTable.TryOpen(new byte[200], out _));
        Assert.False(SymbolTable.TryOpen(bytes.AsSpan(0, bytes.Length - 1), out _));
        bytes[SymbolTableFormat.VersionOffset]++;
        Assert.False(SymbolTable.TryOpen(bytes, out _));
    }

    [Fact]
    public void LongNamesAreCutBetweenCharacters()
    {
        SymbolSource source = SymbolSource.Create(0, [new SymbolFunction(0, 8, new MethodName("N", "T", new string('x', 254) + "éé"), [])]);
        byte[] bytes = SymbolTableWriter.Write(source, out _);
        Assert.Equal($"N|T|{new string('x', 254)}+3 |:0", Describe(bytes, 3));
    }

    [Fact]
    public void DamagedTableNeverFaults()
    {
        byte[] good = SymbolTableWriter.Write(RandomSource(11, 200), out _);
        Random random = new(42);
        int found = 0;
        for (int round = 0; round < 5_000; round++)
        {
            byte[] bad = (byte[])good.Clone();
            for (int flips = random.Next(1, 8); flips > 0; flips--)
            {
                // Half of the damage goes to the header and the tables behind it, where the offsets are.
                int at = random.Next(2) == 0 ? random.Next(SymbolTableFormat.LineBaseOffset, 800) : random.Next(bad.Length);
                bad[at] = random.Next(3) switch { 0 => 0xff, 1 => 0, _ => (byte)random.Next(256) };
            }
            if (!SymbolTable.TryOpen(bad, out SymbolTable table))
                continue;
            for (int i = 0; i < 8; i++)
                found += table.TryFind((uint)random.Next(0, 200_000), out _) ? 1 : 0;
            table.IsIntact();
        }
        Assert.True(found > 0);
    }

    [Fact]
    public void KernelImageAgreesWithLlvm()
    {
        string image = Path.Combine(Toolchain.RepositoryRoot(), "artifacts/image/x64/commence.elf");
        if (!File.Exists(image))
            Assert.Skip("the kernel is not built");
        using Toolchain tools = new();
        string response = Path.Combine(Toolchain.RepositoryRoot(), "artifacts/obj/commence.image/x64/commence.rsp");
        string[] assemblies = [.. File.ReadAllLines(response).Where(l => l.EndsWith(".dll", StringComparison.Ordinal))];
        SymbolSource source = Collect(image, assemblies, Toolchain.RepositoryRoot());
        byte[] bytes = SymbolTableWriter.Write(source, out _);
        int compared = CompareWithLlvm(tools, image, source, bytes, step: 3);
        Assert.True(compared > 2000, $"only {compared} addresses compared");
        Assert.Contains(source.Functions, f => f.Name.Namespace.StartsWith("Commence.", StringComparison.Ordinal));
        Assert.All(source.Functions, f => Assert.DoesNotContain("Commence_", f.Name.ToString()));
    }
}

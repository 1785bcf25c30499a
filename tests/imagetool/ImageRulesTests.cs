// The rules on layout, symbols and static initialisation, and the command around them.
using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Commence.ImageTool.Checks;
using Xunit;

namespace Commence.ImageTool.Tests;

public sealed class ImageRulesTests
{
    private const string GoodMap = """
        <?xml version="1.0" encoding="utf-8"?>
        <ObjectNodes>
          <ArrayOfEmbeddedPointers Name="__GCStaticRegion" Length="12" Hash="0" />
          <MethodCode Name="Commence_Kernel_Commence_Sample__Method" Length="1" Hash="0" />
        </ObjectNodes>
        """;

    private const string GoodLog = "ILC: Compiling 12 methods...\nILC: Preinitialized 3 types out of 3.\n";

    private static CheckResult CheckLayout(string script, string extra = "")
    {
        using Toolchain tools = new();
        return ImageChecker.Check(new CheckOptions { Image = tools.MethodImage("ret", script, extra) });
    }

    private static Violation Single(CheckResult result, Rule rule)
    {
        Violation violation = Assert.Single(result.Violations);
        Assert.Equal(rule.Code, violation.Rule.Code);
        return violation;
    }

    [Fact]
    public void GoodImageIsClean()
    {
        using Toolchain tools = new();
        CheckResult result = ImageChecker.Check(new CheckOptions
        {
            Image = tools.MethodImage("ret", extra: ".data\n.quad 1\n.bss\n.skip 4096\n.section .rodata,\"a\"\n.quad 1,2\n.text"),
            Map = tools.Write("map.xml", GoodMap), IlcLog = tools.Write("ilc.log", GoodLog),
        });
        Assert.Empty(result.Violations);
        Assert.Equal(12, result.GcStaticBytes);
        Assert.Equal((1, 1), (result.MethodCount, result.AssemblyFunctionCount));
        Assert.Equal((33, 8, 4096), (result.Sizes.Text, result.Sizes.Data, result.Sizes.Bss));
    }

    [Fact]
    public void WritableCodeSegment()
    {
        CheckResult result = CheckLayout(Toolchain.GoodScript.Replace("text PT_LOAD FLAGS(5)", "text PT_LOAD FLAGS(7)"));
        Assert.Contains("RWX", Single(result, Rule.WritableCode).Message);
    }

    [Fact]
    public void WritableCodeSection()
    {
        CheckResult result = CheckLayout(Toolchain.GoodScript.Replace("*(.data .data.*)", "*(.data .data.* .patch)"), ".section .patch,\"awx\",@progbits\nnop\n.text");
        Assert.Contains(result.Violations, v => v.Rule == Rule.WritableCode && v.Subject == ".data");
    }

    [Fact]
    public void SegmentsOnOnePage()
    {
        CheckResult result = CheckLayout(Toolchain.GoodScript.Replace(". = ALIGN(4096);\n  .data", "\n  .data"), ".data\n.quad 1\n.text");
        Assert.Contains("share a page", Single(result, Rule.SharedPage).Message);
    }

    [Fact]
    public void ThreadLocalStorage()
    {
        CheckResult result = CheckLayout(
            Toolchain.GoodScript.Replace("note PT_NOTE", "tls PT_TLS FLAGS(4); note PT_NOTE").Replace("  .data :", "  .tdata : { *(.tdata) } :data :tls\n  .data :"),
            ".section .tdata,\"awT\",@progbits\n.quad 1\n.text");
        Assert.Equal(["PT_TLS", ".tdata"], result.Violations.Where(v => v.Rule == Rule.ThreadLocal).Select(v => v.Subject));
    }

    [Fact]
    public void MissingPvhNote() => Single(CheckLayout(Toolchain.GoodScript.Replace("KEEP(*(.note.pvh))", "").Replace("*(.comment)", "*(.comment) *(.note.pvh)")), Rule.NoPvhNote);

    [Fact]
    public void MissingMultiboot2Header() => Single(CheckLayout(Toolchain.GoodScript.Replace("KEEP(*(.multiboot2))", "").Replace("*(.comment)", "*(.comment) *(.multiboot2)")), Rule.NoMultiboot2Header);

    [Fact]
    public void AMultiboot2HeaderThatNoLoaderFindsIsNone() => Single(CheckLayout(Toolchain.GoodScript.Replace("KEEP(*(.multiboot2))", ". += 0x8000; KEEP(*(.multiboot2))")), Rule.NoMultiboot2Header);

    [Fact]
    public void AMultiboot2HeaderWithAWrongChecksumIsNone() => Single(CheckLayout(Toolchain.GoodScript.Replace("KEEP(*(.multiboot2))", "LONG(0xE85250D6) LONG(0) LONG(24) LONG(1) KEEP(*(.multiboot2))")), Rule.NoMultiboot2Header);

    [Fact]
    public void InterpreterAndDynamicSegment()
    {
        using Toolchain tools = new();
        string input = tools.Assemble("a.S", Toolchain.Prologue);
        string output = tools.PathOf("dynamic.elf");
        tools.Run("ld.lld-19", "-pie", "--dynamic-linker=/lib/ld.so", "-o", output, input);
        string map = tools.Write("map.xml", """<ObjectNodes><MethodCode Name="none" Length="1" /></ObjectNodes>""");
        CheckResult result = ImageChecker.Check(new CheckOptions { Image = output, Map = map });
        Assert.Contains(result.Violations, v => v.Rule == Rule.Dynamic && v.Subject == "PT_INTERP");
        Assert.Contains(result.Violations, v => v.Rule == Rule.Dynamic && v.Subject == "PT_DYNAMIC");
        Assert.Contains(result.Violations, v => v.Rule == Rule.MapMismatch);
    }

    [Theory]
    [InlineData("RhpThrowEx", "throw")]
    [InlineData("RhpNewArrayFast", "new T[n]")]
    [InlineData("__tls_get_addr", "ThreadStatic")]
    public void ForbiddenHelper(string symbol, string construct)
    {
        CheckResult result = CheckLayout(Toolchain.GoodScript, $".globl {symbol}\n{symbol}: ret\n");
        Assert.Contains(construct, Single(result, Rule.Forbidden).Message);
    }

    [Fact]
    public void PermittedAndForbiddenSymbols()
    {
        using Toolchain tools = new();
        string image = tools.MethodImage("ret", extra: ".globl RhpNewArrayFast, mine\nRhpNewArrayFast: ret\nmine: ret\n");
        CheckResult result = ImageChecker.Check(new CheckOptions
        {
            Image = image, Permitted = new System.Collections.Generic.HashSet<string> { "RhpNewArrayFast" }, Forbidden = new System.Collections.Generic.HashSet<string> { "mine" },
        });
        Assert.Equal("mine", Single(result, Rule.Forbidden).Subject);
    }

    [Fact]
    public void UndefinedSymbol()
    {
        using Toolchain tools = new();
        string input = tools.Assemble("a.S", Toolchain.Prologue + "call RhpNewArrayFast\n");
        string map = tools.Write("map.xml", """<ObjectNodes><MethodCode Name="_start" Length="1" /></ObjectNodes>""");
        string output = tools.PathOf("undefined.elf");
        tools.Run("ld.lld-19", "-T", tools.Write("image.ld", Toolchain.GoodScript), "--unresolved-symbols=ignore-all", "-o", output, input);
        CheckResult result = ImageChecker.Check(new CheckOptions { Image = output });
        Assert.Contains("new T[n]", Assert.Single(result.Violations, v => v.Rule == Rule.Undefined).Message);
    }

    [Fact]
    public void UndefinedSymbolsOfObjectsNameTheirUsers()
    {
        using Toolchain tools = new();
        string method = tools.Assemble("method.S", """
            .section __managedcode,"ax",@progbits
            .type Commence_Kernel_Commence_Sample__One,@function
            .type Exported,@function
            .globl Exported
            Exported:
            Commence_Kernel_Commence_Sample__One: call RhpNewArrayFast
            call from_asm
            lea from_script(%rip), %rax
            ret
            .size Commence_Kernel_Commence_Sample__One, .-Commence_Kernel_Commence_Sample__One
            .type Commence_Kernel_Commence_Sample__Two,@function
            Commence_Kernel_Commence_Sample__Two: nop
            call RhpNewArrayFast
            jmp unknown
            .size Commence_Kernel_Commence_Sample__Two, .-Commence_Kernel_Commence_Sample__Two
            """);
        string other = tools.Assemble("other.S", ".globl from_asm\nfrom_asm: ret\n.data\n.quad in_data\n");
        string script = tools.Write("image.ld", "SECTIONS { from_script = .; }");
        (int status, _, string errors) = Command.Run("undefined", method, other, "--script", script);
        Assert.Equal(1, status);
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains("error IMG010: nothing defines RhpNewArrayFast, which compiled code needs for an array made at run time (`new T[n]`), used by Commence.Sample.One, Commence.Sample.Two", lines[0]);
        Assert.Contains("in_data used by section .data of other.o", lines[1]);
        Assert.Contains("unknown used by Commence.Sample.Two", lines[2]);
        Assert.Equal(0, Command.Run("undefined", other, "--script", tools.Write("two.ld", "in_data = 1;")).Status);
    }

    [Fact]
    public void NotPreinitialized()
    {
        using Toolchain tools = new();
        string log = tools.Write("ilc.log", GoodLog +
            "ILC: Could not preinitialize '[Commence.Kernel]Commence.Sched.Kernel': Method '[Commence.Kernel]Commence.Sched.Kernel.Crc(uint32)', opcode 'shr_un' \n");
        string map = tools.Write("map.xml", GoodMap.Replace("<MethodCode", """<ArrayOfEmbeddedPointers Name="__EagerCctor" Length="4" /><MethodCode"""));
        string image = tools.MethodImage("ret");
        CheckResult result = ImageChecker.Check(new CheckOptions { Image = image, IlcLog = log, Map = map });
        Assert.Equal(["IMG001", "IMG002"], result.Violations.Select(v => v.Rule.Code));
        Assert.Equal("Commence.Sched.Kernel", result.Violations[0].Subject);
        Assert.Contains("shr_un", result.Violations[0].Message);

        string allow = tools.Write("allow.txt", "# header\nIMG001 Commence.Sched.Kernel  # read at boot only\nIMG002 __EagerCctor # as above\nIMG037 Gone  # no longer\n");
        result = ImageChecker.Check(new CheckOptions { Image = image, IlcLog = log, Map = map, AllowList = allow });
        Assert.Empty(result.Violations);
        Assert.Equal(2, result.Accepted.Count);
        Assert.Equal(["IMG037 Gone"], result.UnusedAllowances);
    }

    [Fact]
    public void AllowanceNeedsAReason()
    {
        using Toolchain tools = new();
        BadInputException error = Assert.Throws<BadInputException>(() => AllowList.Load(tools.Write("allow.txt", "IMG001 Foo\n")));
        Assert.Contains("allow.txt(1)", error.Message);
    }

    [Theory]
    [InlineData("xmm0,xmm1,xmm8", 0x103u)]
    [InlineData("all", 0xffffu)]
    [InlineData("", 0u)]
    public void RegisterList(string list, uint mask) => Assert.Equal(mask, CheckCommand.ParseRegisters(list));

    [Theory]
    [InlineData("xmm16")]
    [InlineData("ymm0")]
    public void BadRegisterList(string list) => Assert.Throws<BadInputException>(() => CheckCommand.ParseRegisters(list));

    [Theory]
    [InlineData("", "lies outside the file")]
    [InlineData("#!/bin/sh and more than sixty-four bytes of something that is not an image", "not an ELF file")]
    public void NotAnImage(string contents, string reason)
    {
        using Toolchain tools = new();
        BadInputException error = Assert.Throws<BadInputException>(() => ImageChecker.Check(new CheckOptions { Image = tools.Write("bad.elf", contents) }));
        Assert.Contains(reason, error.Message);
        Assert.Contains("bad.elf", error.Message);
    }

    [Fact]
    public void MissingFile() => Assert.Contains("nowhere.elf", Assert.Throws<BadInputException>(() => Elf.ElfImage.Load("nowhere.elf")).Message);

    [Fact]
    public void TruncatedImageIsReportedNotCrashed()
    {
        using Toolchain tools = new();
        byte[] whole = File.ReadAllBytes(tools.MethodImage("ret"));
        string map = tools.Write("map.xml", GoodMap);
        for (int length = 0; length < whole.Length; length += 61)
        {
            File.WriteAllBytes(tools.PathOf("cut.elf"), whole[..length]);
            Assert.Throws<BadInputException>(() => ImageChecker.Check(new CheckOptions { Image = tools.PathOf("cut.elf"), Map = map }));
        }
    }

    [Fact]
    public void CommandGivesStatusMessagesAndJson()
    {
        using Toolchain tools = new();
        string good = tools.MethodImage("ret");
        (int status, string output, string errors) = Command.Run("check", good, "--json", tools.PathOf("good.json"));
        Assert.Equal((0, ""), (status, errors));
        Assert.Contains("1 methods", output);
        using (JsonDocument json = JsonDocument.Parse(File.ReadAllText(tools.PathOf("good.json"))))
        {
            Assert.Equal(1, json.RootElement.GetProperty("methods").GetInt32());
            Assert.Empty(json.RootElement.GetProperty("violations").EnumerateArray());
        }

        string bad = tools.MethodImage("sub $0x1000, %rsp\nadd $0x1000, %rsp\nret");
        (status, output, errors) = Command.Run("check", bad, "-q", "-r", tools.Folder);
        Assert.Equal((1, ""), (status, output));
        Assert.Matches(@"^method\.S\(\d+\): error IMG037: Commence\.Sample\.Method has a stack frame of 4096 bytes, the limit is 1024; ", errors);

        (status, _, errors) = Command.Run("check", tools.PathOf("missing.elf"));
        Assert.Equal(2, status);
        Assert.Contains("imagetool: error: cannot read", errors);
    }
}

// Every rule on machine code, with code that breaks it and code close by that does not.
using System.Collections.Generic;
using System.Linq;
using Commence.ImageTool.Checks;
using Xunit;

namespace Commence.ImageTool.Tests;

public sealed class CodeRulesTests
{
    private static CheckResult Check(string body, string simdSaved = "xmm0,xmm8", long frameMax = 1024, string extra = "")
    {
        using Toolchain tools = new();
        return ImageChecker.Check(new CheckOptions
        {
            Image = tools.MethodImage(body, extra: extra), XmmSaved = CheckCommand.ParseRegisters(simdSaved), FrameMax = frameMax, SourceRoots = [tools.Folder],
        });
    }

    private static Violation Single(CheckResult result, Rule rule)
    {
        Violation violation = Assert.Single(result.Violations);
        Assert.Equal(rule.Code, violation.Rule.Code);
        Assert.Equal("Commence.Sample.Method", violation.Subject);
        Assert.Equal("method.S", violation.File);
        Assert.True(violation.Line > 0);
        return violation;
    }

    private static void Clean(CheckResult result) => Assert.Empty(result.Violations.Select(v => v.ToString()));

    [Fact]
    public void OrdinaryMethodIsClean()
    {
        CheckResult result = Check("""
            push %rbp
            push %rbx
            sub $0x28, %rsp
            lea 0x30(%rsp), %rbp
            xorps %xmm8, %xmm8
            movaps %xmm8, -0x20(%rbp)
            movups (%rdi), %xmm0
            movups %xmm0, (%rsi)
            lock cmpxchg %ecx, (%rdi)
            test %edi, %edi
            jne 1f
            add $0x28, %rsp
            pop %rbx
            pop %rbp
            ret
            1: call helper
            int3
            """, extra: ".type helper,@function\nhelper: int3\n.size helper, .-helper\n");
        Clean(result);
        Assert.Equal(1, result.MethodCount);
        Assert.Equal(0x101u, result.XmmUsed);
        Assert.Equal(new LargeFrame("Commence.Sample.Method", 0x38), Assert.Single(result.LargestFrames));
    }

    [Theory]
    [InlineData("movaps %xmm3, (%rdi)\nret", "xmm3")]
    [InlineData("pblendvb %xmm8, %xmm8\nret", "xmm0")] // implied, not named
    public void UnsavedVectorRegister(string body, string register) =>
        Assert.Contains($"uses {register}", Single(Check(body, simdSaved: "xmm8"), Rule.SimdRegister).Message);

    [Theory]
    [InlineData("vmovups (%rdi), %ymm0\nret")]
    [InlineData("vmovups (%rdi), %zmm17\nret")]
    [InlineData("vxorps %xmm0, %xmm0, %xmm0\nret")]
    public void VexEncodingOfVectorRegister(string body) => Single(Check(body), Rule.VexEncoding);

    [Fact]
    public void VexEncodingOfGeneralRegister() => Single(Check("andn %eax, %ecx, %edx\nret"), Rule.VexEncoding);

    [Theory]
    [InlineData("flds (%rdi)\nret")]
    [InlineData("movq (%rdi), %mm0\nret")]
    [InlineData("emms\nret")]
    public void FloatingPointUnit(string body) => Single(Check(body), Rule.FloatingPointUnit);

    [Theory]
    [InlineData("mov %fs:0, %rax\nret")]
    [InlineData("mov %gs:(%rdi), %rax\nret")]
    public void SegmentRegister(string body) => Single(Check(body), Rule.SegmentRegister);

    [Theory]
    [InlineData("mov %rax, -8(%rsp)\nret", "8 bytes below")]
    [InlineData("push %rbp\nmov %rsp, %rbp\nmov %rax, -0x10(%rbp)\npop %rbp\nret", "16 bytes below")]
    [InlineData("sub $0x18, %rsp\nmov -0x20(%rsp), %rax\nadd $0x18, %rsp\nret", "32 bytes below")]
    public void RedZone(string body, string detail) => Assert.Contains(detail, Single(Check(body), Rule.RedZone).Message);

    [Fact]
    public void StackOfCallerAndAddressesAreNotRedZone() => Clean(Check("""
        push %rbp
        mov %rsp, %rbp
        sub $0x10, %rsp
        mov -0x10(%rbp), %rax
        mov 0x10(%rbp), %rcx
        lea -0x1000(%rsp), %rdx
        leave
        ret
        mov -0x10(%rbp), %rax
        mov %rbp, %rsp
        pop %rbp
        ret
        """));

    [Theory]
    [InlineData("syscall\nret")]
    [InlineData("int3\nret")]
    [InlineData("int $0x80\nret")]
    [InlineData("cli\nret")]
    [InlineData("mov %cr3, %rax\nret")]
    [InlineData("hlt\nret")]
    public void PrivilegedInstruction(string body) => Single(Check(body), Rule.Privileged);

    [Fact]
    public void Undecodable() => Single(Check("nop\n.byte 0x06\nret"), Rule.Undecodable);

    [Theory]
    [InlineData("sub $0x408, %rsp\nadd $0x408, %rsp\nret", "1032 bytes")]
    [InlineData("push %rbp\npush %rbx\nlea -0x400(%rsp), %rsp\nlea 0x400(%rsp), %rsp\npop %rbx\npop %rbp\nret", "1040 bytes")]
    [InlineData("lea -0x2000(%rsp), %r11\ncall probe\nmov %r11, %rsp\nadd $0x2000, %rsp\nret", "8192 bytes")]
    public void LargeFrame(string body, string size) =>
        Assert.Contains(size, Single(Check(body, extra: ".type probe,@function\nprobe: ret\n.size probe, .-probe\n"), Rule.LargeFrame).Message);

    [Fact]
    public void FrameAtTheLimit() => Clean(Check("sub $0x400, %rsp\nadd $0x400, %rsp\nret"));

    [Fact]
    public void FrameLimitIsAnOption() => Clean(Check("sub $0x800, %rsp\nadd $0x800, %rsp\nret", frameMax: 2048));

    [Theory]
    [InlineData("push %rbp\nmov %rsp, %rbp\nsub %rdi, %rsp\nleave\nret")]
    [InlineData("push %rbp\nmov %rsp, %rbp\n1: push $0\ndec %rdi\njne 1b\nleave\nret")]
    [InlineData("and $-64, %rsp\nret")]
    public void DynamicStack(string body) => Single(Check(body), Rule.DynamicStack);

    [Theory]
    [InlineData("call Commence_Kernel_Commence_Sample__Method\nret")]
    [InlineData("push %rax\nmov %esi, %edi\ncall Commence_Kernel_Commence_Sample__Method\nadd $8, %rsp\nret")]
    public void CallsItself(string body) => Single(Check(body), Rule.CallsItself);

    [Fact]
    public void RecursionWithAnEndIsClean() => Clean(Check("push %rax\ntest %edi, %edi\nje 1f\ndec %edi\ncall Commence_Kernel_Commence_Sample__Method\n1: add $8, %rsp\nret"));

    [Theory]
    [InlineData("1: jmp 1b")]
    [InlineData("push %rbp\nmov %rsp, %rbp\nnop\n1: inc %eax\njmp 1b")]
    [InlineData("mov (%rdi), %eax\n1: test %eax, %eax\nje 1b\nret")]
    public void EmptyLoop(string body) => Single(Check(body), Rule.EmptyLoop);

    [Theory]
    [InlineData("1: pause\njmp 1b")]
    [InlineData("1: call idle\njmp 1b")]
    [InlineData("1: mov (%rdi), %eax\ntest %eax, %eax\nje 1b\nret")]
    [InlineData("1: inc %eax\ncmp $9, %eax\njne 1b\nret")]
    [InlineData("1: cmp $0, (%rdi)\nje 1b\nret")]
    public void WorkingLoopIsClean(string body) => Clean(Check(body.Replace("cmp $0,", "cmpl $0,"), extra: ".type idle,@function\nidle: ret\n.size idle, .-idle\n"));

    [Fact]
    public void AssemblyMayDoWhatMethodsMayNot() => Clean(Check("ret", extra: """
        .type entry,@function
        entry:
        swapgs
        mov %gs:0, %rax
        mov %rax, -8(%rsp)
        fxsave (%rax)
        movaps %xmm15, (%rdi)
        sub $0x1000, %rsp
        1: jmp 1b
        .size entry, .-entry
        """));

    [Fact]
    public void WithoutBoundsTheMapTellsMethodsFromAssembly()
    {
        using Toolchain tools = new();
        string script = Toolchain.GoodScript.Replace("__managedcode_start = .;", "").Replace("__managedcode_end = .;", "");
        string image = tools.MethodImage("mov %rax, -8(%rsp)\nret", script, ".type entry,@function\nentry: mov %rax, -8(%rsp)\nret\n.size entry, .-entry\n");
        Assert.Throws<BadInputException>(() => ImageChecker.Check(new CheckOptions { Image = image }));

        string map = tools.Write("map.xml", """<ObjectNodes><MethodCode Name="Commence_Kernel_Commence_Sample__Method" Length="6" /></ObjectNodes>""");
        CheckResult result = ImageChecker.Check(new CheckOptions { Image = image, Map = map, SourceRoots = [tools.Folder] });
        Single(result, Rule.RedZone);
    }

    [Fact]
    public void ManyMethodsKeepTheirOrder()
    {
        using Toolchain tools = new();
        List<string> bodies = [];
        for (int i = 0; i < 500; i++)
            bodies.Add($".type A_B__M{i},@function\nA_B__M{i}: sub ${8 * i + 8}, %rsp\nadd ${8 * i + 8}, %rsp\nret\n.size A_B__M{i}, .-A_B__M{i}\n");
        string image = tools.Link(Toolchain.GoodScript,
            tools.Assemble("many.S", Toolchain.Prologue + ".section __managedcode,\"ax\",@progbits\n" + string.Join("", bodies)));
        CheckResult result = ImageChecker.Check(new CheckOptions { Image = image, FrameMax = 3990 });
        Assert.Equal(500, result.MethodCount);
        Assert.Equal(["A.B.M498", "A.B.M499"], result.Violations.Select(v => v.Subject));
        Assert.Equal(4000, result.LargestFrames[0].Bytes);
    }
}

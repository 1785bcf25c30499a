// Unsafe code without a reason.
using System.Threading.Tasks;
using Commence.Analyzers.Rules;
using Xunit;

namespace Commence.Analyzers.Tests;

public class UnsafeAnalyzerTests
{
    private static Task<string[]> Analyze(string body) => Snippet.Of($"class C\n{{\n{body}\n}}").Analyze(new UnsafeAnalyzer());

    [Theory]
    [InlineData("int M(int x)\n{\n// SAFETY: x lives as long as the block.\nunsafe { return *&x; }\n}")]
    [InlineData("int M(int x)\n{\n/* SAFETY: x lives as long as the block. */\nunsafe { return *&x; }\n}")]
    [InlineData("// SAFETY: the caller's x.\nunsafe int M(int x) => *&x;")]
    [InlineData("[System.Obsolete]\n// SAFETY: the caller's x.\ninternal static unsafe int M(int x) => *&x;")]
    [InlineData("/// <summary>Reads.</summary>\n/// <remarks>Safety: 1. p is valid.</remarks>\nunsafe int M(int* p) => *p;")]
    [InlineData("[System.Runtime.InteropServices.DllImport(\"*\")] static extern unsafe void M(int* p);")]
    [InlineData("unsafe int M(int x)\n{\nx++;\n// SAFETY: x lives as long as the method.\nreturn *&x;\n}")]
    [InlineData("private unsafe int* _p;")]
    [InlineData("abstract class D { public abstract unsafe void M(int* p); }")]
    public async Task Accepts(string body) => Assert.Empty(await Analyze(body));

    [Theory]
    [InlineData("int M(int x)\n{\nunsafe { return *&x; }\n}", "CMN0401 5: The block is unsafe without a comment before it that begins 'SAFETY:' and says why nothing can go wrong")]
    [InlineData("int M(int x)\n{\n// Reads x.\nunsafe { return *&x; }\n}", "CMN0401 6: The block is unsafe without a comment before it that begins 'SAFETY:' and says why nothing can go wrong")]
    [InlineData("int M(int x)\n{\n// SAFETY: only the first.\nunsafe { x = *&x; }\nunsafe { return *&x; }\n}", "CMN0401 7: The block is unsafe without a comment before it that begins 'SAFETY:' and says why nothing can go wrong")]
    [InlineData("unsafe int M(int x) => *&x;", "CMN0401 3: M is unsafe without a comment before it that begins 'SAFETY:' and says why nothing can go wrong")]
    [InlineData("unsafe int P => *(int*)null;", "CMN0401 3: P is unsafe without a comment before it that begins 'SAFETY:' and says why nothing can go wrong")]
    [InlineData("void M() { unsafe int L(int* p) => *p; }", "CMN0401 3: L is unsafe without a comment before it that begins 'SAFETY:' and says why nothing can go wrong")]
    [InlineData("/// <summary>Reads.</summary>\nunsafe int this[int x] { get { return *&x; } }", "CMN0401 4: The indexer is unsafe without a comment before it that begins 'SAFETY:' and says why nothing can go wrong")]
    [InlineData("unsafe struct S { int* _p; }", "CMN0402 3: The type 'S' is unsafe as a whole, so that nobody sees which operations are; mark the single fields and blocks")]
    public async Task Refuses(string body, string expected) => Assert.Equal([expected], await Analyze(body));
}

// Buffers on the stack that are too large, or of a size that nobody knows.
using System.Threading.Tasks;
using Commence.Analyzers.Rules;
using Xunit;

namespace Commence.Analyzers.Tests;

public class StackAnalyzerTests
{
    private static Task<string[]> Analyze(string body) => Snippet.Of($$"""
        using System;
        struct Pair { public long A; public int B; }
        [System.Runtime.CompilerServices.InlineArray(100)] struct Hundred { private long _first; }
        class C
        {
            private const int N = 512;
            {{body}}
        }
        """).Analyze(new StackAnalyzer());

    [Theory]
    [InlineData("void M() { Span<byte> s = stackalloc byte[N]; Span<int> t = stackalloc int[] { 1, 2 }; }")]
    [InlineData("void M() { Span<Pair> s = stackalloc Pair[40]; Span<int> t = [1, 2]; }")]
    public async Task Accepts(string body) => Assert.Empty(await Analyze(body));

    [Theory]
    [InlineData("void M() { Span<byte> s = stackalloc byte[N + 1]; }", "513 bytes")]
    [InlineData("void M() { Span<long> s = stackalloc long[65]; }", "520 bytes")]
    [InlineData("void M() { Span<Pair> s = stackalloc Pair[50]; }", "600 bytes")]
    [InlineData("void M() { Span<Hundred> s = stackalloc Hundred[1]; }", "800 bytes")]
    [InlineData("void M(int n) { Span<byte> s = stackalloc byte[n]; }", "an unknown amount")]
    public async Task Refuses(string body, string amount) =>
        Assert.Equal([$"CMN0512 7: This takes {amount} of the kernel stack, and at most 512 bytes of a size known to the compiler are allowed; use a buffer of the page allocator, or work in pieces"],
            await Analyze(body));
}

// Loops that wait for something that the compiler need not read again.
using System.Threading.Tasks;
using Commence.Analyzers.Rules;
using Xunit;

namespace Commence.Analyzers.Tests;

public class SpinAnalyzerTests
{
    private static Task<string[]> Analyze(string body) => Snippet.Of($$"""
        using System.Threading;
        static class Cpu { public static void Relax() { } }
        class C
        {
            private int _state; private volatile int _fast; private readonly int _fixed; private int[] _a = null!; private C? _next;
            private bool IsReady { get; set; }
            private bool IsDone => Volatile.Read(ref _state) != 0;
            private void Work() { }
            {{body}}
        }
        """).Analyze(new SpinAnalyzer());

    [Theory]
    [InlineData("void M() { while (Volatile.Read(ref _state) != 1) Cpu.Relax(); }")]
    [InlineData("void M() { while (_fast == 0) { } while (!IsDone) { Cpu.Relax(); } }")]
    [InlineData("void M() { while (_state == 0) Work(); }")]
    [InlineData("void M() { while (_state == 0) { Cpu.Relax(); Work(); } }")]
    [InlineData("void M() { while (_state-- > 0) Cpu.Relax(); }")]
    [InlineData("void M(int n) { while (n == _fixed) { } for (int i = 0; i < _state; i++) { } foreach (int x in _a) { } }")]
    [InlineData("void M() { while (Interlocked.CompareExchange(ref _state, 1, 0) != 0) Cpu.Relax(); }")]
    public async Task Accepts(string body) => Assert.Empty(await Analyze(body));

    [Theory]
    [InlineData("void M() { while (_state == 0); }", "_state")]
    [InlineData("void M() { while (_state == 0) Cpu.Relax(); }", "_state")]
    [InlineData("void M() { do { Cpu.Relax(); } while (_state == 0); }", "_state")]
    [InlineData("void M() { for (; _state == 0; ) { } }", "_state")]
    [InlineData("void M() { while (_next!._state == 0) { Cpu.Relax(); } }", "_next!._state")]
    [InlineData("void M() { while (!IsReady) { Cpu.Relax(); } }", "IsReady")]
    [InlineData("void M() { while (_a[0] == 0) { } }", "_a[0]")]
    [InlineData("void M(ref int word) { while (word == 0) { } }", "word")]
    [InlineData("unsafe void M(int* p) { while (*p == 0) { } }", "*p")]
    public async Task Refuses(string body, string what) =>
        Assert.Equal([$"CMN0601 9: This loop waits for '{what}' to change, but the compiler may read it once and keep it in a register; use Volatile.Read(ref …)"],
            await Analyze(body));
}

// Results that are dropped.
using System.Threading.Tasks;
using Commence.Analyzers.Rules;
using Xunit;

namespace Commence.Analyzers.Tests;

public class MustUseAnalyzerTests
{
    private static Task<string[]> Analyze(string body) => Snippet.Of($$"""
        using Commence;
        [MustUse] enum Status { Ok, Bad }
        [MustUse] struct Outcome<T> { }
        class C
        {
            static Status S() => Status.Ok;
            Outcome<int> O() => default;
            [MustUse] static bool B() => true;
            static int Free() => 0;
            {{body}}
        }
        """).Analyze(new MustUseAnalyzer());

    [Theory]
    [InlineData("Status M() { Free(); if (B()) return S(); var x = O(); return Status.Bad; }")]
    [InlineData("void M() { _ = S(); // the log is full anyway\n }")]
    [InlineData("void M() {\n // the log is full anyway\n _ = S(); }")]
    [InlineData("void M() => _ = S(); // the log is full anyway")]
    [InlineData("void M() { _ = Free(); }")]
    public async Task Accepts(string body) => Assert.Empty(await Analyze(body));

    [Theory]
    [InlineData("void M() { S(); }", "CMN0305 10: The result of 'S' is ignored: an error would pass unseen; use it, or write '_ = S(…); // why'")]
    [InlineData("void M() => B();", "CMN0305 10: The result of 'B' is ignored: an error would pass unseen; use it, or write '_ = B(…); // why'")]
    [InlineData("void M(C? c) { c?.O(); }", "CMN0305 10: The result of 'O' is ignored: an error would pass unseen; use it, or write '_ = O(…); // why'")]
    [InlineData("void M() { _ = O(); }", "CMN0306 10: The result of 'O' is discarded without a comment that says why that is right")]
    public async Task Refuses(string body, string expected) => Assert.Equal([expected], await Analyze(body));
}

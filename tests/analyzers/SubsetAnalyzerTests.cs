// Constructs that would need a runtime.
using System.Threading.Tasks;
using Commence.Analyzers.Rules;
using Xunit;

namespace Commence.Analyzers.Tests;

public class SubsetAnalyzerTests
{
    private const string Types = """

        interface IShape { int Area(); }
        struct Square : IShape { public int N; public int Area() => N; public override int GetHashCode() => N; }
        class Mark : System.Attribute { public Mark(params object[] x) { } public System.Type? Type { get; set; } }
        [System.Runtime.CompilerServices.InterpolatedStringHandler]
        ref struct Line { public Line(int a, int b) { } public void AppendLiteral(string s) { } public void AppendFormatted<T>(T t) { } }
        """;

    private static Task<string[]> Analyze(string body) => Snippet.Of($$"""
        using System;
        using System.Collections.Generic;
        using System.Threading.Tasks;
        class C
        {
            static void Write(Line line) { }
            static void Params(params int[] x) { }
            static void Spans(params ReadOnlySpan<int> x) { }
            static int Sum<T>(T t) where T : struct, IShape => t.Area();
            {{body}}
        }
        """ + Types).Analyze(new SubsetAnalyzer());

    [Theory]
    [InlineData("static ReadOnlySpan<int> T => [1, 2]; static ReadOnlySpan<byte> U => \"x\"u8; static ReadOnlySpan<byte> V => new byte[] { 1, 2 };")]
    [InlineData("void M(int x) { Spans(1, 2, x); Span<int> s = stackalloc int[4]; }")]
    [InlineData("int M(Square s) { object o = this; C c = (C)o; return Sum(s) + s.Area() + s.GetHashCode(); }")]
    [InlineData("void M(int x) { Write($\"x is {x}\"); }")]
    [InlineData("const string A = \"a\"; const string B = A + $\"{A}b\"; string M() => nameof(M) + A;")]
    [InlineData("[Mark(1, typeof(C), Type = typeof(int))] void M() { }")]
    [InlineData("void M() { try { M(); } finally { M(); } }")]
    [InlineData("unsafe void M() { delegate*<int, void> f = &F; } static void F(int x) { }")]
    [InlineData("int? M(int? x) => x == null ? 1 : x;")]
    public async Task Accepts(string body) => Assert.Empty(await Analyze(body));

    private const string Array = "This makes an array, and nothing would ever free it; use a ReadOnlySpan<T> property with a collection expression for a table, an [InlineArray] struct for fixed storage, or a buffer of the page allocator";
    private const string Delegate = "This makes a delegate, an object on a heap that does not exist; use an abstract class, a struct type parameter, or a function pointer in the trusted layers";
    private const string Text = "This builds a string, an object on a heap that does not exist; use \"…\"u8, a TextWriter, or Printk's interpolation";

    [Theory]
    [InlineData("void M() { var a = new int[3]; }", "CMN0501 10: " + Array)]
    [InlineData("int[] _a = { 1, 2 };", "CMN0501 10: " + Array)]
    [InlineData("void M() { int[] a = [1, 2]; }", "CMN0501 10: " + Array)]
    [InlineData("void M() { Params(1, 2); }", "CMN0501 10: " + Array)]
    [InlineData("ReadOnlySpan<int> M(int x) => new int[] { 1, x };", "CMN0501 10: " + Array)]
    [InlineData("object M() => 1;", "CMN0502 10: This puts the struct 'int' into an object on a heap that does not exist; use a generic method with 'where T : struct, object'")]
    [InlineData("IShape M(Square s) => s;", "CMN0502 10: This puts the struct 'Square' into an object on a heap that does not exist; use a generic method with 'where T : struct, IShape'")]
    [InlineData("IShape M<T>(T t) where T : struct, IShape => t;", "CMN0502 10: This puts the struct 'T' into an object on a heap that does not exist; use a generic method with 'where T : struct, IShape'")]
    [InlineData("string? M(Square s) => s.ToString();", "CMN0502 10: This puts the struct 'Square' into an object on a heap that does not exist; use a generic method with 'where T : struct, …'")]
    [InlineData("void M() { Action a = M; }", "CMN0503 10: " + Delegate)]
    [InlineData("void M() { Func<int, int> a = static x => x + 1; }", "CMN0503 10: " + Delegate)]
    [InlineData("string M(string s) => $\"a{s}\";", "CMN0504 10: " + Text)]
    [InlineData("string M(string s) => \"a\" + s + \"b\";", "CMN0504 10: " + Text)]
    [InlineData("void M(string s) { s += \"b\"; }", "CMN0504 10: " + Text)]
    [InlineData("int M(Exception e) => throw e;", "CMN0505 10: There are no exceptions; use Bug.On or Panic.Now for a programmer's error, and bool TryX, Errno or Result<T> for any other")]
    [InlineData("void M(Exception e) { throw e; }", "CMN0505 10: There are no exceptions; use Bug.On or Panic.Now for a programmer's error, and bool TryX, Errno or Result<T> for any other")]
    [InlineData("void M() { try { M(); } catch { } finally { } }", "CMN0506 10: There are no exceptions to catch; check before, or use the result of a TryX method ('try … finally' is fine)")]
    [InlineData("IEnumerable<int> M() { yield return 1; }", "CMN0507 10: 'yield' makes the compiler turn the method into an object on a heap that does not exist; use a ref struct enumerator, or a kernel thread that waits")]
    [InlineData("async void M() { }", "CMN0507 10: 'async' makes the compiler turn the method into an object on a heap that does not exist; use a ref struct enumerator, or a kernel thread that waits")]
    [InlineData("object M() => typeof(C);", "CMN0508 10: There is no reflection, so 'typeof' has nothing to return; use a type parameter or a tag")]
    [InlineData("object M() => GetType();", "CMN0508 10: There is no reflection, so 'GetType' has nothing to return; use a type parameter or a tag")]
    [InlineData("void M() { lock (this) { } }", "CMN0509 10: The lock statement needs a monitor in every object; use 'using var guard = _lock.Lock();' with a SpinLock, IrqSpinLock or Mutex")]
    public async Task Refuses(string body, string expected) => Assert.Equal([expected], await Analyze(body));

    private const string Float = "is floating point, and the kernel does not own those registers: they hold the program's values; use integers with a unit, such as Nanoseconds, or a shift";

    [Theory]
    [InlineData("double _d;", "CMN0513 10: 'double' " + Float)]
    [InlineData("void M(float f) { }", "CMN0513 10: 'float' " + Float)]
    [InlineData("decimal M() => default;", "CMN0513 10: 'decimal' " + Float)]
    [InlineData("int M() => (int)1.5;", "CMN0513 10: 'double' " + Float)]
    [InlineData("int M(int n) => (int)((double)n);", "CMN0513 10: 'double' " + Float)]
    public async Task RefusesFloatingPoint(string body, string expected) => Assert.Equal([expected], await Analyze(body));

    [Fact]
    public async Task IsSilentWhereTheRulesAreOff() =>
        Assert.Empty(await Snippet.Of("class C { object M() => new int[3]; }").With("CommenceKernelRules", "false").Analyze(new SubsetAnalyzer()));
}

// Statics that would have to be computed at run time.
using System.Threading.Tasks;
using Commence.Analyzers.Rules;
using Xunit;

namespace Commence.Analyzers.Tests;

public class StaticsAnalyzerTests
{
    private static Task<string[]> Analyze(string body) => Snippet.Of($$"""
        class Empty { public int N = 3; }
        class Linked { public Linked? Next; }
        class Derived : Linked { }
        struct Point { public int X; public Point(int x) => X = x; }
        struct Holder { public Point P; public object? O; public Holder(object? o) => O = o; }
        class C
        {
            {{body}}
        }
        """).Analyze(new StaticsAnalyzer());

    [Theory]
    [InlineData("static int s_n = 3 * 5; static Point s_p = new(4); const int K = 1; static readonly string s_name = \"x\";")]
    [InlineData("static readonly Empty s_empty = new(); static Linked? s_first; static Holder s_holder; static Holder s_zero = new();")]
    [InlineData("private readonly Linked _own = new(); static Empty P { get; } = new();")]
    public async Task Accepts(string body) => Assert.Empty(await Analyze(body));

    [Theory]
    [InlineData("static C() { }", "CMN0510 8: Nothing would run the static constructor of 'C'; give the fields constant values, or set them in a method that start-up calls")]
    [InlineData("static readonly Linked s_x = new();", "CMN0511 8: The compiler cannot compute the initial value of 's_x', because 'Linked' holds references; leave it null and set it in a method that start-up calls")]
    [InlineData("static Linked s_x = new Derived();", "CMN0511 8: The compiler cannot compute the initial value of 's_x', because 'Derived' holds references; leave it null and set it in a method that start-up calls")]
    [InlineData("static Holder s_x = new(null);", "CMN0511 8: The compiler cannot compute the initial value of 's_x', because 'Holder' holds references; leave it null and set it in a method that start-up calls")]
    [InlineData("static Linked P { get; } = new();", "CMN0511 8: The compiler cannot compute the initial value of 'P', because 'Linked' holds references; leave it null and set it in a method that start-up calls")]
    [InlineData("static unsafe delegate*<void> s_f = &F; static void F() { }", "CMN0511 8: The compiler cannot compute the initial value of 's_f', because the address of 'F' is known only to the linker; leave it null and set it in a method that start-up calls")]
    public async Task Refuses(string body, string expected) => Assert.Equal([expected], await Analyze(body));
}

// The table of tests that run inside the machine.
using Commence.Analyzers.KernelTests;
using Xunit;

namespace Commence.Analyzers.Tests;

public class KernelTestGeneratorTests
{
    [Fact]
    public void MakesATableInFileOrder()
    {
        Generated made = Snippet.Files("Commence.KernelTests",
            ("b/Second.cs", """
                using Commence;
                internal static class Second { [KernelTest(Cpus = 4)] internal static void Runs() => Log.Text += "2"; }
                """),
            ("a/First.cs", """
                using Commence;
                using Commence.Testing;
                internal static class First
                {
                    [KernelTest] internal static void Runs() => Log.Text += "1";
                    [KernelTest] public static void RunsToo() => Log.Text += "x";
                }
                public static class Log
                {
                    public static string Text = "";
                    public static string All()
                    {
                        for (int i = -1; i <= KernelTestTable.Count; i++)
                        {
                            Text += "[" + System.Text.Encoding.UTF8.GetString(KernelTestTable.Name(i)) + KernelTestTable.MinimumCpus(i) + "]";
                            KernelTestTable.Run(i);
                        }
                        return Text;
                    }
                }
                """)).Generate(new KernelTestGenerator());

        Assert.Empty(made.Findings);
        Assert.Equal("[1][First.Runs1]1[First.RunsToo1]x[Second.Runs4]2[1]", made.Call("Log", "All"));
    }

    [Theory]
    [InlineData("[KernelTest] internal void M() { }", "CMN0101 2: Kernel test 'C.M': the method must be static")]
    [InlineData("[KernelTest] internal static int M() => 0;", "CMN0101 2: Kernel test 'C.M': the method must return void: a test fails by panicking (Bug.On)")]
    [InlineData("[KernelTest] internal static void M(int x) { }", "CMN0101 2: Kernel test 'C.M': the method must have no parameters")]
    [InlineData("[KernelTest] internal static void M<T>() { }", "CMN0101 2: Kernel test 'C.M': the method must not be generic")]
    [InlineData("[KernelTest] private static void M() { }", "CMN0101 2: Kernel test 'C.M': the method must be internal or public")]
    [InlineData("[KernelTest(Cpus = 0)] internal static void M() { }", "CMN0102 2: Kernel test 'C.M': Cpus = 0 is outside 1 to 1024")]
    public void RefusesMethods(string method, string expected) =>
        Assert.Equal([expected], Snippet.Of($"using Commence;\nclass C {{ {method} }}").Generate(new KernelTestGenerator()).Findings);

    [Fact]
    public void RefusesANameTwice() =>
        Assert.Equal(["CMN0103 2: Kernel test 'C.M' stands in two classes of that name; results could not be told apart"],
            Snippet.Of("""
                namespace A { class C { [Commence.KernelTest] internal static void M() { } } }
                namespace B { class C { [Commence.KernelTest] internal static void M() { } } }
                """).Generate(new KernelTestGenerator()).Findings);
}

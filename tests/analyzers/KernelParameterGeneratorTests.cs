// Kernel parameters: what each kind of member takes, over several assemblies, and every mistake in a declaration.
using System;
using System.Linq;
using System.Text;
using Commence.Analyzers.KernelParameters;
using Xunit;

namespace Commence.Analyzers.Tests;

public class KernelParameterGeneratorTests
{
    private const string Root = "using System;\nusing Commence;\n[assembly: CompositionRoot]\n";

    // Sets "name" or "name=value" through the table and says what came of it.
    private const string Runner = """
        public static class Runner
        {
            public static string Set(string text)
            {
                Commence.KernelParameterSet table = Commence.KernelParameterTable.Instance;
                int equals = text.IndexOf('=');
                byte[] name = System.Text.Encoding.UTF8.GetBytes(equals < 0 ? text : text.Substring(0, equals));
                byte[] value = System.Text.Encoding.UTF8.GetBytes(equals < 0 ? "" : text.Substring(equals + 1));
                int index = table.Find(name);
                if (index < 0)
                    return "unknown";
                if (!table.TrySet(index, value, equals >= 0))
                    return "invalid";
                return Shown();
            }
            public static string List()
            {
                Commence.KernelParameterSet table = Commence.KernelParameterTable.Instance;
                string text = "";
                for (int i = -1; i <= table.Count; i++)
                    text += System.Text.Encoding.UTF8.GetString(table.Name(i)) + (table.IsEarly(i) ? "*" : "") + ";";
                return text;
            }
        """;

    [Theory]
    [InlineData("flag", "True")]
    [InlineData("flag=on", "True")]
    [InlineData("flag=n", "False")]
    [InlineData("flag=0", "False")]
    [InlineData("flag=", "invalid")]
    [InlineData("flag=onn", "invalid")]
    [InlineData("switched", "7")]
    [InlineData("switched=", "invalid")]
    [InlineData("off", "False")]
    [InlineData("int=-5", "-5")]
    [InlineData("int=0x64", "100")]
    [InlineData("int=101", "invalid")]
    [InlineData("int=-6", "invalid")]
    [InlineData("int=99999999999999999999", "invalid")]
    [InlineData("int=5 ", "invalid")]
    [InlineData("int=--5", "invalid")]
    [InlineData("int=", "invalid")]
    [InlineData("int", "invalid")]
    [InlineData("long=-9223372036854775808", "-9223372036854775808")]
    [InlineData("long=-9223372036854775809", "invalid")]
    [InlineData("long=9223372036854775808", "invalid")]
    [InlineData("ulong=18446744073709551615", "18446744073709551615")]
    [InlineData("ulong=-1", "invalid")]
    [InlineData("byte=255", "255")]
    [InlineData("byte=256", "invalid")]
    [InlineData("size=16M", "16777216")]
    [InlineData("size=4095", "invalid")]
    [InlineData("size=1G1", "invalid")]
    [InlineData("size=99999999999T", "invalid")]
    [InlineData("mode=from-mp_table", "FromMpTable")]
    [InlineData("mode=off", "Off")]
    [InlineData("mode=Off", "invalid")]
    [InlineData("mode", "invalid")]
    [InlineData("text=a b", "a b")]
    [InlineData("text=long", "invalid")]
    [InlineData("text", "invalid")]
    [InlineData("a.method=even", "even")]
    [InlineData("a.method=odd", "invalid")]
    [InlineData("a.method", "")]
    [InlineData("under_score=1", "True")]
    [InlineData("under-score=1", "True")]
    [InlineData("underscore=1", "unknown")]
    [InlineData("", "unknown")]
    [InlineData("Flag", "unknown")]
    public void SetsWhatItStandsOn(string text, string expected)
    {
        Generated made = Snippet.Of(Root + """
            enum Mode { On, Off, FromMpTable }
            struct Text : IKernelParameterValue
            {
                public string? Held;
                public bool TrySet(ReadOnlySpan<byte> value)
                {
                    if (value.Length > 3)
                        return false;
                    Held = System.Text.Encoding.UTF8.GetString(value);
                    return true;
                }
            }
            static class A
            {
                public static object? Last;
                [KernelParameter("flag", Help = "h")] internal static bool Flag { get => false; set => Last = value; }
                [KernelParameter("under_score", Help = "h")] internal static bool Under { get => false; set => Last = value; }
                [KernelParameter("switched", Value = 7, Help = "h")]
                [KernelParameter("int", Min = -5, Max = 100, Help = "h")] internal static int Int { get => 0; set => Last = value; }
                [KernelParameter("off", Value = 0, Help = "h")] internal static bool IsOn { get => true; set => Last = value; }
                [KernelParameter("long", Help = "h")] internal static long Long { get => 0; set => Last = value; }
                [KernelParameter("ulong", Help = "h")] internal static ulong ULong { get => 0; set => Last = value; }
                [KernelParameter("byte", Help = "h")] internal static byte Byte { get => 0; set => Last = value; }
                [KernelParameter("size", Min = 4096, IsSize = true, Help = "h")] internal static nuint Size { get => 0; set => Last = value; }
                [KernelParameter("mode", Help = "h")] internal static Mode Mode { get => 0; set => Last = value; }
                [KernelParameter("text", Help = "h")] internal static Text Text;
                [KernelParameter("a.method", Syntax = "an even number of letters", Help = "h")] internal static bool Set(ReadOnlySpan<byte> text)
                {
                    Last = System.Text.Encoding.UTF8.GetString(text);
                    return text.Length % 2 == 0;
                }
            }
            """ + Runner + "static string Shown() => (A.Last ?? A.Text.Held)!.ToString()!; }").Generate(new KernelParameterGenerator());

        Assert.Empty(made.Findings);
        Assert.Empty(made.Errors);
        Assert.Equal(expected, made.Call("Runner", "Set", [text]));
    }

    [Fact]
    public void MergesAssembliesAtTheCompositionRoot()
    {
        Generated kernel = Snippet.Files("Commence.Kernel", ("k.cs", """
            using Commence;
            static class K { [KernelParameter("quiet", Early = true, Help = "h")] internal static bool IsQuiet; }
            """)).Generate(new KernelParameterGenerator());
        Generated drivers = Snippet.Files("Commence.Drivers", ("d.cs", """
            using Commence;
            static class D { [KernelParameter("d.irq", Help = "h")] internal static byte Irq; }
            """)).Above(kernel.Reference()).Generate(new KernelParameterGenerator());
        Generated image = Snippet.Files("Commence.Image", ("i.cs", Root + """
            static class I { [KernelParameter("ago", Help = "h")] internal static bool Flag; }
            """ + Runner + "static string Shown() => \"set\"; }")).Above(kernel.Reference(), drivers.Reference()).Generate(new KernelParameterGenerator());

        Assert.Empty(kernel.Findings.Concat(drivers.Findings).Concat(image.Findings));
        Assert.Null(kernel["KernelParameterTable.g.cs"]);
        Assert.Equal(";ago;d.irq;quiet*;;", image.Call("Runner", "List", null, kernel.Image(), drivers.Image()));
        Assert.Equal("set", image.Call("Runner", "Set", ["quiet"], kernel.Image(), drivers.Image()));
        Assert.Equal("invalid", image.Call("Runner", "Set", ["d.irq=300"], kernel.Image(), drivers.Image()));
    }

    [Fact]
    public void RecordsWhatPeopleReadAboutIt()
    {
        Generated made = Snippet.Files("Commence.Kernel", ("/root/src/kernel/a.cs", """
            using Commence;
            enum Way { Long, VeryShort }
            static class A
            {
                private const int Most = 9;
                [KernelParameter("n", Min = 2, Max = Most, Unit = "us", Early = true, Help = "says \"how\"")] internal static int N = Most - 1;
                [KernelParameter("f", Help = "h")] internal static bool F { get; set; } = true;
                [KernelParameter("w", Help = "h")] internal static Way W = Way.VeryShort;
                [KernelParameter("c", Help = "h")] internal static bool C { get => N == 3; set => N = value ? 3 : 4; }
                [KernelParameter("z", IsSize = true, Help = "h")] internal static ulong Z;
            }
            """)).With("RepositoryRoot", "/root/").Generate(new KernelParameterGenerator());

        string[] records = [.. made["KernelParameters.g.cs"]!.Split('\n').Where(static line => line.StartsWith("[assembly", StringComparison.Ordinal))];
        Assert.Equal(
            [
                """("n", true, "number", "2..9", "us", "8", "says \"how\"", "src/kernel/a.cs", "A.N", "Commence.Generated.Kernel_KernelParameters.Set_n")]""",
                """("f", false, "flag", "on, off", "", "on", "h", "src/kernel/a.cs", "A.F", "Commence.Generated.Kernel_KernelParameters.Set_f")]""",
                """("w", false, "choice", "long, very_short", "", "very_short", "h", "src/kernel/a.cs", "A.W", "Commence.Generated.Kernel_KernelParameters.Set_w")]""",
                """("c", false, "flag", "on, off", "", "", "h", "src/kernel/a.cs", "A.C", "Commence.Generated.Kernel_KernelParameters.Set_c")]""",
                """("z", false, "size", "nn[KMGT]", "", "0", "h", "src/kernel/a.cs", "A.Z", "Commence.Generated.Kernel_KernelParameters.Set_z")]""",
            ],
            records.Select(static line => line["[assembly: global::Commence.KernelParameterRecord".Length..]));
    }

    [Fact]
    public void FindsDuplicatesOverAssemblies()
    {
        Generated kernel = Snippet.Of("""
            using Commence;
            static class K { [KernelParameter("quiet", Help = "h")] internal static bool IsQuiet; }
            """).Generate(new KernelParameterGenerator());
        Generated drivers = Snippet.Files("Commence.Drivers", ("d.cs", """
            using Commence;
            static class D { [KernelParameter("quiet", Help = "h")] internal static byte Irq; }
            """)).Above(kernel.Reference()).Generate(new KernelParameterGenerator());

        Assert.Equal(["CMN0706 2: Kernel parameter 'quiet' exists twice (in 'K.IsQuiet' and 'D.Irq'); one of them would never be set"], drivers.Findings);
    }

    [Theory]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] internal int X;", "CMN0701 3: Kernel parameter 'a': 'A.X' must be static, because the generated table sets it by name")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] static int X;", "CMN0701 3: Kernel parameter 'a': 'A.X' must be internal or public, because the generated table sets it by name")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] internal static int X { get; private set; }", "CMN0701 3: Kernel parameter 'a': 'A.X' must be internal or public, because the generated table sets it by name")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] internal static int X => 1;", "CMN0701 3: Kernel parameter 'a': 'A.X' must be writable, because the generated table sets it by name")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] internal const int X = 1;", "CMN0701 3: Kernel parameter 'a': 'A.X' must be writable, because the generated table sets it by name")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] internal static readonly int X = 1;", "CMN0701 3: Kernel parameter 'a': 'A.X' must be writable, because the generated table sets it by name")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Syntax = \"s\")] internal static void X(ReadOnlySpan<byte> text) { }", "CMN0701 3: Kernel parameter 'a': 'A.X' must take a ReadOnlySpan<byte> and return bool, because the generated table sets it by name")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Syntax = \"s\")] internal static bool X(int number) => true;", "CMN0701 3: Kernel parameter 'a': 'A.X' must take a ReadOnlySpan<byte> and return bool, because the generated table sets it by name")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] internal static string X = \"\";", "CMN0702 3: Kernel parameter 'a': nothing of type 'System.String' can be read from a command line; use bool, an integer, an enum, a struct that is an IKernelParameterValue, or a method that takes the text")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] internal static double X;", "CMN0702 3: Kernel parameter 'a': nothing of type 'System.Double' can be read from a command line; use bool, an integer, an enum, a struct that is an IKernelParameterValue, or a method that takes the text")]
    [InlineData("[KernelParameter(\"Big\", Help = \"h\")] internal static bool X;", "CMN0703 3: Kernel parameter 'Big': a name is made of small letters, digits, '_' and '.', and begins with a letter")]
    [InlineData("[KernelParameter(\"a-b\", Help = \"h\")] internal static bool X;", "CMN0703 3: Kernel parameter 'a-b': a name is made of small letters, digits, '_' and '.', and begins with a letter")]
    [InlineData("[KernelParameter(\"\", Help = \"h\")] internal static bool X;", "CMN0703 3: Kernel parameter '': a name is made of small letters, digits, '_' and '.', and begins with a letter")]
    [InlineData("[KernelParameter(\"a\")] internal static bool X;", "CMN0704 3: Kernel parameter 'a' has no Help, or one of several lines; help-params prints it")]
    [InlineData("[KernelParameter(\"a\", Help = \"x\\ny\")] internal static bool X;", "CMN0704 3: Kernel parameter 'a' has no Help, or one of several lines; help-params prints it")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Min = 3, Max = 2)] internal static int X;", "CMN0705 3: Kernel parameter 'a': nothing lies between 3 and 2")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Max = 300)] internal static byte X;", "CMN0705 3: Kernel parameter 'a': Max = 300 does not fit in its type")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Min = -1)] internal static ulong X;", "CMN0705 3: Kernel parameter 'a': Min = -1 does not fit in its type")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Value = 128)] internal static sbyte X;", "CMN0705 3: Kernel parameter 'a': Value = 128 does not fit in its type")]
    [InlineData("internal enum E { } [KernelParameter(\"a\", Help = \"h\")] internal static E X;", "CMN0705 3: Kernel parameter 'a': 'E' has no members")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] internal static bool X; [KernelParameter(\"a\", Help = \"h\")] internal static bool Y;", "CMN0706 3: Kernel parameter 'a' exists twice (in 'A.X' and 'A.Y'); one of them would never be set")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Unit = \"s\")] internal static bool X;", "CMN0707 3: Kernel parameter 'a': Unit is for numbers")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Syntax = \"s\")] internal static bool X;", "CMN0707 3: Kernel parameter 'a': Syntax is for methods: what a member takes follows from its type")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\")] internal static bool X(ReadOnlySpan<byte> text) => true;", "CMN0707 3: Kernel parameter 'a': a method needs Syntax, which says what it takes")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Syntax = \"s\", Max = 1)] internal static bool X(ReadOnlySpan<byte> text) => true;", "CMN0707 3: Kernel parameter 'a': Max means nothing for a method, which reads the text itself")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", IsSize = true)] internal static int X;", "CMN0707 3: Kernel parameter 'a': an amount of memory needs an unsigned type")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Value = 2)] internal static bool X;", "CMN0707 3: Kernel parameter 'a': Value of a bool is 0 or 1")]
    [InlineData("[KernelParameter(\"a\", Help = \"h\", Value = 2)] internal static DayOfWeek X;", "CMN0707 3: Kernel parameter 'a': Value is for numbers and bool")]
    public void RefusesDeclarations(string member, string expected) =>
        Assert.Equal([expected], Snippet.Of($"using System;\nusing Commence;\nclass A {{ {member} }}").Generate(new KernelParameterGenerator()).Findings);

    [Fact]
    public void AnEmptyRootHasAnEmptyTable()
    {
        Generated made = Snippet.Of(Root + Runner + "static string Shown() => \"\"; }").Generate(new KernelParameterGenerator());

        Assert.Equal("unknown", made.Call("Runner", "Set", ["quiet"]));
    }
}

// The order of initcalls: within an assembly, over several, and every way in which there is none.
using System;
using System.Linq;
using Commence.Analyzers.Initcalls;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Commence.Analyzers.Tests;

public class InitcallGeneratorTests
{
    private const string Root = "using Commence;\n[assembly: CompositionRoot]\n";

    // Runs all calls through the table and writes what the table says.
    private const string Runner = """
        public static class Runner
        {
            public static string All()
            {
                Commence.InitcallSet table = Commence.InitcallTable.Instance;
                string text = "";
                for (int i = 0; i < table.Count; i++)
                    text += table.Level(i) + " " + System.Text.Encoding.UTF8.GetString(table.Name(i)) + "(" + string.Join(",", table.Dependencies(i).ToArray()) + ")=" + table.Invoke(i) + "\n";
                return text + table.Invoke(table.Count);
            }
            public static int First(Commence.InitcallLevel level) => Commence.InitcallTable.Instance.FirstOf(level);
        }
        """;

    [Fact]
    public void SortsByLevelThenByDependencyThenByFile()
    {
        Generated made = Snippet.Files("Commence.Kernel",
            ("b.cs", """
                using Commence;
                class Later { [Initcall(InitcallLevel.Fs)] internal static void Start() { } }
                class Early { [Initcall(InitcallLevel.Early)] internal static Errno Start() => Errno.EPERM; }
                """),
            ("a.cs", Root + """
                class Ext2 { [Initcall(InitcallLevel.Fs, After = [typeof(Cache), typeof(Later)])] internal static void Start() { } }
                class Tmpfs { [Initcall(InitcallLevel.Fs), RunsAfter(typeof(Cache), nameof(Cache.Grow))] internal static Errno Start() => Errno.None; }
                class Sync { [Initcall(InitcallLevel.FsSync)] internal static void Start() { } }
                class Cache
                {
                    [Initcall(InitcallLevel.Fs, After = [typeof(Cache)])] internal static void Grow() { }
                    [Initcall(InitcallLevel.Fs)] internal static void Start() { }
                }
                class First { [Initcall(InitcallLevel.Fs, Before = [typeof(Cache)], After = [typeof(Early)])] internal static void Start() { } }
                """),
            ("z.cs", Runner)).Generate(new InitcallGenerator());

        Assert.Empty(made.Findings);
        Assert.Equal(
            """
            Early Early.Start()=EPERM
            Fs First.Start()=None
            Fs Cache.Start(1)=None
            Fs Cache.Grow(1,2)=None
            Fs Tmpfs.Start(3)=None
            Fs Later.Start()=None
            Fs Ext2.Start(2,3,5)=None
            FsSync Sync.Start()=None
            EINVAL
            """.ReplaceLineEndings("\n"), made.Call("Runner", "All"));
        Assert.Equal(0, made.Call("Runner", "First", [0]));
        Assert.Equal(1, made.Call("Runner", "First", [12]));
        Assert.Equal(7, made.Call("Runner", "First", [13]));
        Assert.Equal(8, made.Call("Runner", "First", [20]));
        Assert.Contains("//     Ext2.Start after Cache.Start, Cache.Grow, Later.Start\n", made["InitcallTable.g.cs"]);
    }

    [Fact]
    public void MergesAssembliesAtTheCompositionRoot()
    {
        Generated kernel = Snippet.Files("Commence.Kernel", ("k.cs", """
            using Commence;
            public static class PageCache { [Initcall(InitcallLevel.Fs)] internal static void Start() { } }
            internal static class Root { [Initcall(InitcallLevel.Rootfs), RunsAfter("Initrd.Find", IsOptional = true)] internal static void Mount() { } }
            internal static class Net { [Initcall(InitcallLevel.Fs), RunsAfter("Virtio.Start")] internal static void Start() { } }
            """)).Generate(new InitcallGenerator());
        Generated drivers = Snippet.Files("Commence.Drivers", ("d.cs", """
            using Commence;
            internal static class Virtio { [Initcall(InitcallLevel.Fs, After = [typeof(PageCache)])] internal static Errno Start() => Errno.ENOENT; }
            internal static class Fast { [Initcall(InitcallLevel.Fs, Before = [typeof(PageCache)])] internal static void Start() { } }
            """)).Above(kernel.Reference()).Generate(new InitcallGenerator());
        Generated image = Snippet.Files("Commence.Image", ("i.cs", Root + Runner))
            .Above(kernel.Reference(), drivers.Reference()).Generate(new InitcallGenerator());

        Assert.Empty(kernel.Findings);
        Assert.Empty(drivers.Findings);
        Assert.Empty(image.Findings);
        Assert.Null(kernel["InitcallTable.g.cs"]);
        Assert.Null(image["Initcalls.g.cs"]);
        Assert.Equal(
            """
            Fs Fast.Start()=None
            Fs PageCache.Start(0)=None
            Fs Virtio.Start(1)=ENOENT
            Fs Net.Start(2)=None
            Rootfs Root.Mount()=None
            EINVAL
            """.ReplaceLineEndings("\n"), image.Call("Runner", "All", null, kernel.Image(), drivers.Image()));
    }

    [Fact]
    public void ReportsACircleOverAssembliesAtTheCompositionRoot()
    {
        Generated kernel = Snippet.Files("Commence.Kernel", ("k.cs", """
            using Commence;
            public static class Block { [Initcall(InitcallLevel.Device), RunsAfter("Disk.Start")] internal static void Start() { } }
            """)).Generate(new InitcallGenerator());
        Generated image = Snippet.Files("Commence.Image", ("i.cs", Root + """
            static class Disk { [Initcall(InitcallLevel.Device, After = [typeof(Block)])] internal static void Start() { } }
            """)).Above(kernel.Reference()).Generate(new InitcallGenerator());

        Assert.Equal(
            ["CMN0204 3: Initcalls wait for one another in a circle: Block.Start (device) → Disk.Start (device) → Block.Start (device)"],
            image.Findings);
        Assert.Empty(image.Errors);
    }

    [Fact]
    public void SaysWhoNeedsAPartThatWasLeftOut()
    {
        Generated kernel = Snippet.Of("""
            using Commence;
            static class Net { [Initcall(InitcallLevel.Device), RunsAfter("Virtio.Start")] internal static void Start() { } }
            """).Generate(new InitcallGenerator());
        Generated image = Snippet.Files("Commence.Image", ("i.cs", Root)).Above(kernel.Reference()).Generate(new InitcallGenerator());

        Assert.Empty(kernel.Findings);
        Assert.Equal(
            ["CMN0202 1: Initcall 'Net.Start' needs 'Virtio.Start', which is no initcall of this kernel; if that part may be left out, write IsOptional = true"],
            image.Findings);
    }

    private const string OptionalParts = """
        using Commence;
        public static class Cache { [Initcall(InitcallLevel.Fs, Part = "cache")] internal static void Start() { } }
        internal static class Disk { [Initcall(InitcallLevel.Fs, Part = "disk", After = [typeof(Cache)])] internal static void Start() { } }
        internal static class Shell { [Initcall(InitcallLevel.Late), RunsAfter("Disk.Start", IsOptional = true)] internal static void Start() { } }
        """;

    [Theory]
    [InlineData("disk", "Fs Cache.Start()=None\nLate Shell.Start()=None\nEINVAL")]
    [InlineData("disk; cache", "Late Shell.Start()=None\nEINVAL")]
    public void LeavesOptionalPartsOut(string without, string expected)
    {
        Generated kernel = Snippet.Of(OptionalParts).Generate(new InitcallGenerator());
        Generated image = Snippet.Files("Commence.Image", ("i.cs", Root + Runner)).Above(kernel.Reference())
            .With("CommenceWithout", without).Generate(new InitcallGenerator());

        Assert.Empty(image.Findings);
        Assert.Equal(expected, image.Call("Runner", "All", null, kernel.Image()));
    }

    [Fact]
    public void SaysWhoNeedsAPartThatThisBuildLeavesOut()
    {
        Generated kernel = Snippet.Of(OptionalParts).Generate(new InitcallGenerator());
        Generated image = Snippet.Files("Commence.Image", ("i.cs", Root)).Above(kernel.Reference())
            .With("CommenceWithout", "cache").Generate(new InitcallGenerator());

        Assert.Equal(
            ["CMN0207 1: Initcall 'Disk.Start' needs 'Cache.Start' of the part 'cache', which this build leaves out (CommenceWithout); leave out 'disk' as well, or let it do without: RunsAfter with IsOptional = true"],
            image.Findings);
    }

    [Fact]
    public void RefusesToLeaveOutAPartThatIsNotThere()
    {
        Generated kernel = Snippet.Of(OptionalParts).Generate(new InitcallGenerator());
        Generated image = Snippet.Files("Commence.Image", ("i.cs", Root)).Above(kernel.Reference())
            .With("CommenceWithout", "disc").Generate(new InitcallGenerator());

        Assert.Equal(["CMN0208 1: CommenceWithout names the part 'disc', which this kernel does not have; it has cache, disk"], image.Findings);
    }

    [Fact]
    public void TellsToolsTheOrderAndTheNeedsOverLevels()
    {
        Generated made = Snippet.Of(Root + """
            static class A { [Initcall(InitcallLevel.Core, Part = "a")] internal static void Go() { } }
            static class B { [Initcall(InitcallLevel.Fs)] internal static void Go() { } }
            static class C { [Initcall(InitcallLevel.Fs, After = [typeof(A), typeof(B)])] internal static void Go() { } }
            """).Generate(new InitcallGenerator());

        Assert.Empty(made.Findings);
        Assert.Contains("[assembly: global::Commence.InitcallPlace(\"core\", \"A.Go\", \"a\", \"\")]", made["InitcallTable.g.cs"]);
        Assert.Contains("[assembly: global::Commence.InitcallPlace(\"fs\", \"C.Go\", \"\", \"A.Go;B.Go\")]", made["InitcallTable.g.cs"]);
    }

    [Fact]
    public void ReportsEveryCircleOnce()
    {
        Generated made = Snippet.Of(Root + """
            class A { [Initcall(InitcallLevel.Core, After = [typeof(B)])] internal static void Go() { } }
            class B { [Initcall(InitcallLevel.Core, After = [typeof(C)])] internal static void Go() { } }
            class C { [Initcall(InitcallLevel.Core, After = [typeof(A), typeof(D)])] internal static void Go() { } }
            class D { [Initcall(InitcallLevel.Core), RunsAfter("D.Go")] internal static void Go() { } }
            class Waits { [Initcall(InitcallLevel.Core, After = [typeof(A)])] internal static void Go() { } }
            """).Generate(new InitcallGenerator());

        Assert.Equal(
            [
                "CMN0204 3: Initcalls wait for one another in a circle: A.Go (core) → B.Go (core) → C.Go (core) → A.Go (core)",
                "CMN0204 6: Initcalls wait for one another in a circle: D.Go (core) → D.Go (core)",
            ],
            made.Findings);
    }

    [Fact]
    public void RefusesToWaitForALaterLevel() =>
        Assert.Equal(
            [
                "CMN0203 2: Initcall 'A.Go' waits for a later level: A.Go (core) → B.Go (core_sync)",
                "CMN0203 4: Initcall 'B.Go' waits for a later level: B.Go (core_sync) → C.Go (late)",
            ],
            Snippet.Of("""
                using Commence;
                class A { [Initcall(InitcallLevel.Core, After = [typeof(B)])] internal static void Go() { } }
                class B { [Initcall(InitcallLevel.CoreSync)] internal static void Go() { } }
                class C { [Initcall(InitcallLevel.Late, Before = [typeof(B)])] internal static void Go() { } }
                """).Generate(new InitcallGenerator()).Findings);

    [Theory]
    [InlineData("[Initcall(InitcallLevel.Core)] internal void Go() { }", "CMN0201 2: Initcall 'A.Go': the method must be static")]
    [InlineData("[Initcall(InitcallLevel.Core)] static void Go() { }", "CMN0201 2: Initcall 'A.Go': the method must be internal or public")]
    [InlineData("[Initcall(InitcallLevel.Core)] internal static int Go() => 0;", "CMN0201 2: Initcall 'A.Go': the method must return void or Errno")]
    [InlineData("[Initcall(InitcallLevel.Core)] internal static void Go(int x) { }", "CMN0201 2: Initcall 'A.Go': the method must have no parameters")]
    [InlineData("[Initcall((InitcallLevel)20)] internal static void Go() { }", "CMN0201 2: Initcall 'A.Go': the method must name a level of InitcallLevel")]
    [InlineData("[Initcall(InitcallLevel.Core, After = [typeof(string)])] internal static void Go() { }", "CMN0202 2: Initcall 'A.Go' needs 'System.String', which has no initcall")]
    [InlineData("[Initcall(InitcallLevel.Core), RunsAfter(typeof(A), \"Og\")] internal static void Go() { }", "CMN0202 2: Initcall 'A.Go' needs 'A.Og', which is no initcall")]
    [InlineData("[RunsAfter(\"X.Y\")] internal static void Go() { }", "CMN0206 2: 'A.Go' has [RunsAfter] but no [Initcall]; the dependency means nothing")]
    public void RefusesMethods(string method, string expected) =>
        Assert.Equal([expected], Snippet.Of($"using Commence;\nclass A {{ {method} }}").Generate(new InitcallGenerator()).Findings);

    [Fact]
    public void RefusesANameTwice() =>
        Assert.Equal(["CMN0205 2: Initcall 'S.Go' exists twice (in 'M.S' and 'N.S'); the log and initcall_blacklist= could not tell them apart"],
            Snippet.Of("""
                namespace M { class S { [Commence.Initcall(Commence.InitcallLevel.Core)] internal static void Go() { } } }
                namespace N { class S { [Commence.Initcall(Commence.InitcallLevel.Core)] internal static void Go() { } } }
                """).Generate(new InitcallGenerator()).Findings);

    [Fact]
    public void AnEmptyRootHasAnEmptyTable()
    {
        Generated made = Snippet.Of(Root + Runner).Generate(new InitcallGenerator());

        Assert.Equal("EINVAL", made.Call("Runner", "All"));
    }

    [Fact]
    public void KnowsTheLevelsOfTheEnum()
    {
        INamedTypeSymbol levels = Snippet.Of("").Compilation.GetTypeByMetadataName("Commence.InitcallLevel")!;

        Assert.Equal(Levels.Names, levels.GetMembers().OfType<IFieldSymbol>().Select(static level => level.Name));
    }

    // Random graphs without a circle: every call stands after what it waits for, and the order does not depend on chance.
    [Fact]
    public void OrdersRandomGraphs()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            int count = random.Next(1, 25);
            int[] rank = [.. Enumerable.Range(0, count).OrderBy(_ => random.Next())];
            InitcallModel[] calls = [.. Enumerable.Range(0, count).Select(i => new InitcallModel(
                4, $"T{i}.Go", $"T{i}", "Go", "", "",
                new EquatableArray<Edge>(Enumerable.Range(0, count).Where(j => j != i && rank[j] < rank[i] && random.Next(4) == 0)
                    .Select(j => new Edge(false, TargetKind.Type, $"T{j}", "", false))), null))];

            (System.Collections.Generic.List<PlacedCall> order, System.Collections.Generic.List<Finding> findings) = InitcallOrder.Sort(calls, isWhole: true);

            Assert.Empty(findings);
            Assert.Equal(count, order.Count);
            for (int i = 0; i < count; i++)
            {
                Assert.All(order[i].Dependencies, place => Assert.True(place < i));
                Assert.Equal(order[i].Call.Edges.Select(static edge => edge.Type).Order(), order[i].Dependencies.Select(place => order[place].Call.Type).Order());
            }
        }
    }
}

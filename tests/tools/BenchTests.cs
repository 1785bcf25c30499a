// The benchmarks' pure parts: what machines say, statistics, tables.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Commence.Cli.Bench;
using Commence.Cli.Bench.Boot;
using Commence.Cli.Bench.BringUp;
using Commence.Cli.Bench.Linux;
using Xunit;

namespace Commence.ToolTests;

public sealed class BenchTests
{
    private static readonly LinuxPackage s_package = new("linux-image-test", "1-1", "/boot/vmlinuz-test");

    [Theory]
    [InlineData(new double[] { 3 }, 3, 3, 3)]
    [InlineData(new double[] { 9, 1, 5 }, 1, 5, 9)]
    [InlineData(new double[] { 4, 1, 2, 100 }, 1, 3, 100)]
    public void TheMedianIsTheMiddle(double[] values, double min, double median, double max) =>
        Assert.Equal(new Spread(min, median, max, values.Length), Spread.Of(values));

    [Fact]
    public void NothingHasNoMedian() => Assert.Null(Spread.Of([]));

    [Fact]
    public void ASpreadOfEqualValuesIsOneValue()
    {
        Assert.Equal("7", Spread.Of([7, 7])?.Format(Quantity.Count));
        Assert.Equal("8 (7–9)", Spread.Of([7, 9])?.Format(Quantity.Count));
    }

    [Theory]
    [InlineData(0, "0.000 ns")]
    [InlineData(999, "999 ns")]
    [InlineData(1_500, "1.50 µs")]
    [InlineData(162_000, "162 µs")]
    [InlineData(12_900_000, "12.9 ms")]
    [InlineData(123_456_000_000, "123 s")]
    public void TimesHaveThreeDigits(double ns, string text) => Assert.Equal(text, Quantity.Time(ns));

    [Fact]
    public void CountsAreExact() => Assert.Equal("13,877,193", Quantity.Count(13_877_193));

    [Theory]
    [InlineData(10.0, 4.0, "2.50×")]
    [InlineData(10.0, 0.0, "–")]
    [InlineData(null, 4.0, "–")]
    [InlineData(10.0, null, "–")]
    public void ARatioNeedsBoth(double? above, double? below, string text) => Assert.Equal(text, Quantity.Ratio(above, below));

    [Fact]
    public void TablesAreMarkdown()
    {
        MarkdownTable table = new("CPUs", "a|b is escaped in cells only");
        table.Add("2", "x|y");
        table.Add("255");

        Assert.Equal(
            """
            | CPUs | a|b is escaped in cells only |
            | ---- | ---------------------------- |
            | 2    | x\|y                         |
            | 255  |                              |

            """,
            table.ToString());
    }

    [Fact]
    public void MarksAreFoundAmongTheEmulatorsOutput()
    {
        IReadOnlyList<MarkPassage> passages = MarkPassage.ParseAll(
            """
            qemu-system-x86_64: warning: something
            commence-mark first-init instructions=100 ns=5
            commence-mark first-init instructions=200 ns=6
            commence-mark last-online instructions=300 ns=7
            commence-mark torn instructions=
            """);

        Assert.Equal(3, passages.Count);
        Assert.Equal(new MarkPassage("first-init", 100, 5), MarkPassage.First(passages, "first-init"));
        Assert.Equal(new MarkPassage("first-init", 200, 6), MarkPassage.Last(passages, "first-init"));
        Assert.Null(MarkPassage.First(passages, "begin"));
    }

    [Fact]
    public void AMarkIsGivenInHexadecimal() => Assert.Equal("mark=entry:0x1000b53", new Mark("entry", 0x1000b53).ToArgument());

    [Theory]
    [InlineData("<6>")]
    [InlineData("")]
    public void LinuxTellsItsBringUp(string level)
    {
        LinuxLog log = LinuxLog.Parse($"""
            bench-init: tsc 17
            {level}[    0.001030] Calibrating delay loop (skipped), value calculated using timer frequency.. 5192.29 BogoMIPS (lpj=10384580)
            {level}[    0.489602] smp: Bringing up secondary CPUs ...
            {level}[   12.729807] smp: Brought up 1 node, 64 CPUs
            no line of the log
            """.Replace("\n", "\r\n"));

        Assert.Equal(489_602_000, log.BringUpBegin);
        Assert.Equal(12_729_807_000, log.BringUpEnd);
        Assert.Equal(64, log.OnlineCount);
        Assert.Equal(10_384_580, log.LoopsPerJiffy);
    }

    [Fact]
    public void ALinuxThatSaysNothingHasNoFigures()
    {
        LinuxLog log = LinuxLog.Parse("[    0.1] smp: Brought up 1 node, 2 CPUs\n[    0.000001] Brought up");

        Assert.Null(log.BringUpBegin);
        Assert.Null(log.BringUpEnd);
        Assert.Equal(0, log.OnlineCount);
        Assert.Null(log.LoopsPerJiffy);
    }

    [Fact]
    public void LinuxTellsItsSymbols()
    {
        LinuxKernel kernel = LinuxKernel.Parse(s_package, """
            ffffffff81000b53 T startup_64
            ffffffff83354300 T smp_init
            ffffffff81085860 T native_kick_ap
            [    0.001030] Calibrating delay loop (skipped) (lpj=77)
            """);

        Assert.Equal(0x1000b53u, kernel.Entry.Address);
        Assert.Equal(0xffffffff81085860u, kernel.FirstInit.Address);
        Assert.Equal(77, kernel.LoopsPerJiffy);
        Assert.Contains("native_smp_cpus_done", Assert.Throws<Commence.Cli.CommandException>(() => kernel.LastOnline).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ffffffff81000b53 T startup_64")]
    [InlineData("[    0.001030] Calibrating delay loop (skipped) (lpj=77)")]
    public void ALinuxThatDoesNotAnswerIsAnError(string answers) =>
        Assert.Throws<Commence.Cli.CommandException>(() => LinuxKernel.Parse(s_package, answers));

    [Fact]
    public void TheHostsProcessorHasAName()
    {
        Assert.Equal("AMD EPYC", HostFacts.ProcessorName("processor\t: 0\nmodel name\t: AMD EPYC\n"));
        Assert.Equal("unknown", HostFacts.ProcessorName(""));
    }

    [Fact]
    public void TheReportComparesLikeWithLike()
    {
        string report = BringUpReport.Render(
        [
            Sample("Floor", 10), Sample("Floor", 30), Sample("Floor", 20),
            Sample("Commence", 50, withPreparation: 80),
            Sample("Linux", 8000), Sample("Linux, tuned", 4000),
        ]);

        Assert.Equal(["CPUs", "Floor", "Commence", "Commence, with preparation", "Linux", "Linux, tuned", "best Linux / Commence", "best Linux / Commence with preparation", "Commence / floor"], Cells(report, row: 2));
        Assert.Equal(["4", "20.0 ns (10.0 ns–30.0 ns)", "50.0 ns", "80.0 ns", "8.00 µs", "4.00 µs", "80.0×", "50.0×", "2.50×"], Cells(report, row: 4));
    }

    [Fact]
    public void ARunThatDoesNotEndIsShown()
    {
        string report = BringUpReport.Render(
        [
            Sample("Floor", 10), Sample("Commence", 50, withPreparation: 80),
            Sample("Linux", 8000), Sample("Linux", null) with { Excuse = "> 300 s" },
        ]);

        Assert.Equal(["4", "10.0 ns", "50.0 ns", "80.0 ns", "> 300 s", "–", "–", "5.00×"], Cells(report, row: 4));
    }

    [Fact]
    public void BootsAreComparedWithoutTheDecompressor()
    {
        string report = BootReport.Render(
        [
            new() { Contender = "Commence", Cpus = 4, Pace = Pace.Exact, Instructions = 100, SincePowerOnNs = 9_000 },
            new() { Contender = "Linux", Cpus = 4, Pace = Pace.Exact, Instructions = 5_000, DecompressorInstructions = 700, SincePowerOnNs = 18_000 },
        ]);

        Assert.Equal(["CPUs", "Commence", "Linux", "Linux's decompressor, before", "best Linux / Commence"], Cells(report, row: 2));
        Assert.Equal(["4", "100", "5,000", "700", "50.0×"], Cells(report, row: 4));
        Assert.Equal(["4", "9.00 µs", "18.0 µs", "2.00×"], Cells(report, row: 10));
    }

    [Fact]
    public void OurFirstProgramTellsItsCycles()
    {
        Assert.Equal(66870158, BootContender.ReadCycles("noise\r\n\r\nbench-init: tsc 66870158\r\nbench-init: end\r\n"));
        Assert.Null(BootContender.ReadCycles("bench-init: tsc \n"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(256)]
    public async Task TheSmallestMemoryIsFoundByHalving(int smallest)
    {
        int asked = 0;
        int? found = await MemorySearch.SmallestAsync(2, 256, size =>
        {
            asked++;
            return Task.FromResult(size >= smallest);
        });

        Assert.Equal(smallest, found);
        Assert.InRange(asked, 1, 10);
    }

    [Fact]
    public async Task WhatNeverBootsHasNoSmallestMemory() =>
        Assert.Null(await MemorySearch.SmallestAsync(2, 256, static _ => Task.FromResult(false)));

    [Theory]
    [InlineData("abc", true)]
    [InlineData("ab", false)]
    [InlineData("xxabcyy", true)]
    public void TheConsoleIsWatchedInAnyPieces(string printed, bool isFound)
    {
        for (int cut = 0; cut <= printed.Length; cut++)
        {
            int found = 0;
            ConsoleWatch watch = new("abc", () => found++);
            watch.Read(System.Text.Encoding.ASCII.GetBytes(printed[..cut]));
            watch.Read(System.Text.Encoding.ASCII.GetBytes(printed[cut..]));
            Assert.Equal(isFound, found > 0);
        }
    }

    [Fact]
    public void EveryFigureIsWrittenForPrograms() => Assert.Equal(
        """{"ns":5,"instructions":7,"contender":"Commence","cpus":4,"pace":"exact"}""",
        BenchJson.Serialize(Sample("Commence", 5) with { Pace = Pace.Exact, Instructions = 7 }).Replace("\n", "").Replace(" ", ""));

    private static BringUpSample Sample(string contender, double? ns, double? withPreparation = null) =>
        new() { Contender = contender, Cpus = 4, Pace = Pace.Clock, Ns = ns, NsWithPreparation = withPreparation };

    private static string[] Cells(string report, int row) =>
        [.. report.Split('\n')[row].Trim('|').Split('|').Select(static cell => cell.Trim())];
}

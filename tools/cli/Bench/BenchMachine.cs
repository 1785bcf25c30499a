// One run of a measured machine.
//
//   by the clock   each processor is a thread of the host, as in ./commence run: real parallelism, and the host's noise
//   exactly        one thread, time is the count of instructions: the same numbers in every run, on every host
//
// Both are the same machine otherwise. The second is not a faster or slower first: time in which one processor waits for
// another is worth nothing in it, so its instructions are what to compare.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine;

namespace Commence.Cli.Bench;

/// <summary>How a machine's time runs.</summary>
internal enum Pace
{
    /// <summary>By the host's clock.</summary>
    Clock,

    /// <summary>By instructions.</summary>
    Exact,
}

/// <summary>A run's end.</summary>
/// <param name="Result">What the machine left behind.</param>
/// <param name="Passages">The marks that were passed, in order.</param>
/// <param name="Limit">The time limit that the run had.</param>
internal sealed record BenchRun(MachineResult Result, IReadOnlyList<MarkPassage> Passages, TimeSpan Limit)
{
    /// <summary>Why there is nothing to measure, in a few words for a table's cell.</summary>
    internal string Excuse => Result.Outcome switch
    {
        Outcome.TimedOut => $"> {Limit.TotalSeconds:0} s",
        Outcome.Panicked => $"panic: {Result.PanicMessage}",
        Outcome.Reset or Outcome.TripleFault => "reset itself",
        Outcome.EmulatorFailed => $"QEMU ended: {Result.EmulatorOutput.Split('\n').FirstOrDefault()}",
        _ => "did not say",
    };
}

/// <summary>Runs measured machines.</summary>
internal static class BenchMachine
{
    /// <summary>The memory of every machine, whatever it boots.</summary>
    internal const int MemoryMiB = 512;

    /// <summary>Runs <paramref name="machine"/> until its first program has said its last line, or to its end.</summary>
    /// <param name="machine">What to boot.</param>
    /// <param name="pace">How its time runs.</param>
    /// <param name="plugin">The plugin; used where instructions are counted, or if <paramref name="isStamped"/>.</param>
    /// <param name="marks">Where the plugin looks up.</param>
    /// <param name="isStamped">By the clock: whether the plugin is to give the host's time at the marks.</param>
    /// <param name="limit">The time limit.</param>
    /// <param name="stop">Ends everything.</param>
    internal static async Task<BenchRun> RunAsync(
        MachineSpec machine, Pace pace, string plugin, IReadOnlyList<Mark> marks, bool isStamped, TimeSpan limit, CancellationToken stop)
    {
        List<string> arguments = [.. machine.ExtraArguments];
        if (pace == Pace.Exact)
            arguments.AddRange(["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm", "-seed", "1"]);
        if (pace == Pace.Exact || isStamped)
            arguments.AddRange(["-plugin", PluginArgument(plugin, pace == Pace.Exact, marks)]);
        MachineSpec spec = machine with
        {
            IsMeasured = true,
            // QEMU 10.0 gives up ("Bad icount read") where the local timer is read through a register of x2APIC mode.
            CpuModel = pace == Pace.Exact ? "max,-x2apic" : "max",
            Accelerator = pace == Pace.Exact ? "tcg,thread=single" : "tcg,thread=multi",
            ExtraArguments = arguments,
        };

        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        ConsoleWatch watch = new(BenchFiles.InitEnd, end.Cancel);
        MachineResult result = await new VirtualMachine(spec) { OnConsole = watch.Read }.RunAsync(limit, end.Token);
        stop.ThrowIfCancellationRequested();
        return new BenchRun(result, MarkPassage.ParseAll(result.EmulatorOutput), limit);
    }

    private static string PluginArgument(string plugin, bool isCounting, IReadOnlyList<Mark> marks) => string.Join(',', [
        plugin.Replace(",", ",,"), // a comma ends a value in QEMU's option syntax, unless it is doubled
        isCounting ? "count=on" : "count=off",
        .. marks.Select(static mark => mark.ToArgument()),
    ]);
}

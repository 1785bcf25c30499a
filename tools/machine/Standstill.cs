// Finds out that a machine has died without a word: every processor halted with interrupts off can only be woken by
// another one, and there is none. Such a machine would otherwise run into its time limit.
//
// Asking costs the machine a little time, so only one that has been quiet for a while is asked. Two answers in a row
// must agree: the first processor could have been woken by the last one, while QEMU was still asking that.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Machine;

/// <summary>Watches for machines in which nothing can happen any more.</summary>
internal static class Standstill
{
    private const int AnswersNeeded = 2;

    /// <summary>How long a machine is quiet before it is asked, while it should be running a program.</summary>
    internal static readonly TimeSpan Patient = TimeSpan.FromSeconds(1);

    /// <summary>The same once the program has ended, and the machine has only itself to stop.</summary>
    internal static readonly TimeSpan Eager = TimeSpan.FromMilliseconds(100);

    /// <summary>Completes when the machine stands still; never otherwise.</summary>
    /// <param name="qmp">Its control connection.</param>
    /// <param name="console">What it prints: a machine that prints is not asked.</param>
    /// <param name="interval">How long it must be quiet, and the time between two questions.</param>
    /// <param name="stop">Ends the watch.</param>
    internal static async Task WaitAsync(QmpClient qmp, ConsoleCapture console, TimeSpan interval, CancellationToken stop)
    {
        for (int answers = 0; answers < AnswersNeeded;)
        {
            await Task.Delay(interval, stop);
            bool isStill = console.Quiet > interval && await IsStillAsync(qmp);
            answers = isStill ? answers + 1 : 0;
        }
    }

    private static async Task<bool> IsStillAsync(QmpClient qmp)
    {
        IReadOnlyList<CpuState> cpus = CpuState.ParseAll(await qmp.ExecuteHumanAsync("info registers -a"));
        return cpus.Count > 0 && cpus.All(static cpu => cpu.IsStopped);
    }
}

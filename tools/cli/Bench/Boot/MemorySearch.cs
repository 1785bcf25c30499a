// The smallest memory with which a kernel still comes to its first program, by halving: what boots with less boots with more.
using System;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine;

namespace Commence.Cli.Bench.Boot;

/// <summary>Searches for the smallest machine.</summary>
internal static class MemorySearch
{
    /// <summary>Finds the smallest value for which something holds.</summary>
    /// <param name="min">It may hold from here on.</param>
    /// <param name="max">It must hold here.</param>
    /// <param name="holds">Whether it holds.</param>
    /// <returns>The value, or null if it does not even hold for <paramref name="max"/>.</returns>
    internal static async Task<int?> SmallestAsync(int min, int max, Func<int, Task<bool>> holds)
    {
        if (!await holds(max))
            return null;
        while (min < max)
        {
            int middle = min + ((max - min) / 2);
            if (await holds(middle))
                max = middle;
            else
                min = middle + 1;
        }
        return max;
    }

    /// <summary>Whether <paramref name="machine"/> comes to our first program.</summary>
    internal static async Task<bool> ReachesInitAsync(MachineSpec machine, TimeSpan limit, CancellationToken stop)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        ConsoleWatch watch = new(BenchFiles.InitEnd, end.Cancel);
        MachineResult result = await new VirtualMachine(machine) { OnConsole = watch.Read }.RunAsync(limit, end.Token);
        stop.ThrowIfCancellationRequested();
        bool isReached = BootContender.ReadCycles(result.Console) is not null;
        Say.Note($"{machine.MemoryMiB} MiB: {(isReached ? "boots" : $"does not boot ({result.Outcome})")}");
        return isReached;
    }
}

// Tells the user how a run ended, unless the program simply ended, and gives the status to end with.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;

namespace Commence.Cli.Run;

/// <summary>Reports a run's end.</summary>
internal static class RunReport
{
    // Processors that have nothing to do are many and all alike.
    private const int FramesShownHalted = 3;
    private const int FramesShown = 16;

    /// <summary>Says what there is to say and gives the exit status.</summary>
    internal static async Task<int> TellAsync(MachineSpec spec, MachineResult result, TimeSpan? timeout)
    {
        foreach (string error in result.RecordErrors)
            Say.Error($"malformed line on the record line: {error}");
        if (result.Outcome is not (Outcome.EmulatorFailed or Outcome.Exited or Outcome.Stopped) && result.Console.Length == 0)
            Say.Error("the machine's console printed nothing");

        switch (result.Outcome)
        {
            case Outcome.Exited:
                if (!result.IsPoweredOff)
                    Say.Note("the program ended, but the machine did not power off; it was ended");
                return result.ExitStatus ?? ExitStatus.NoStatus;
            case Outcome.Stopped:
                return ExitStatus.Success;
            case Outcome.PoweredOff:
                Say.Error("the machine powered off without reporting an exit status");
                return ExitStatus.NoStatus;
            case Outcome.Panicked:
                Say.Error($"kernel panic: {result.PanicMessage}");
                return ExitStatus.Panicked;
            case Outcome.TripleFault:
                Say.Error("triple fault: a processor faulted while it handled a double fault");
                await TellCpusAsync(spec, result.Cpus);
                return ExitStatus.UnexpectedReset;
            case Outcome.Reset:
                Say.Error("the machine was reset");
                await TellCpusAsync(spec, result.Cpus);
                return ExitStatus.UnexpectedReset;
            case Outcome.Halted:
                Say.Error("the kernel stopped: every processor is halted with interrupts off");
                await TellCpusAsync(spec, result.Cpus);
                return ExitStatus.Panicked;
            case Outcome.TimedOut:
                Say.Error($"timed out after {timeout?.TotalSeconds:0.###} s; the machine was ended (--timeout sets the limit)");
                await TellCpusAsync(spec, result.Cpus);
                return ExitStatus.TimedOut;
            default:
                Say.Error($"QEMU failed:\n{result.EmulatorOutput.TrimEnd()}");
                return ExitStatus.EmulatorFailed;
        }
    }

    private static async Task TellCpusAsync(MachineSpec spec, IReadOnlyList<CpuState> cpus)
    {
        // A return address is that of the instruction after the call: the call's own line is what one wants to read.
        ulong[] addresses = [.. cpus.SelectMany(static cpu => cpu.ReturnAddresses.Select(static address => address - 1).Prepend(cpu.Rip)).Distinct()];
        IReadOnlyList<string> names = await Symbolizer.NameAsync(spec.Kernel, addresses);
        Dictionary<ulong, string> nameOf = addresses.Zip(names).ToDictionary(static pair => pair.First, static pair => pair.Second);
        foreach (CpuState cpu in cpus)
        {
            Say.Note($"  CPU {cpu.Index} {(cpu.IsHalted ? "halted" : "was")} at 0x{cpu.Rip:x} {nameOf[cpu.Rip]}");
            foreach (ulong address in cpu.ReturnAddresses.Take(cpu.IsHalted ? FramesShownHalted : FramesShown))
                Say.Note($"      from 0x{address:x} {nameOf[address - 1]}");
        }
    }
}

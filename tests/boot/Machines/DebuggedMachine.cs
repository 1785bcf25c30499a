// A machine under a debugger's hand: stopped at a place of the kernel, changed, and let go.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Gdb;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests.Machines;

/// <summary>Runs a program on a machine that a debugger spoils.</summary>
internal sealed class DebuggedMachine
{
    /// <summary>How long any one step may take; each waits for a condition.</summary>
    internal static readonly TimeSpan StepMax = TimeSpan.FromSeconds(60);

    private static readonly Lazy<ElfSymbols> s_symbols = new(static () => ElfSymbols.Read(Kernel.Image));

    private const ulong KernelBase = 0xFFFF_FFFF_8000_0000; // kernel.ld

    private readonly Lock _lock = new();
    private readonly List<CpuRecord> _cpus = [];
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private VirtualMachine? _machine;
    private QmpClient? _control;
    private bool _isDone;

    /// <summary>The kernel's first instruction.</summary>
    internal static ulong KernelEntry => s_symbols.Value.Entry;

    /// <summary>The call of the bring-up protocol: all boot pages are filled, nobody has been started.</summary>
    internal static ulong BeforeFirstInit => AddressOf("Commence_Kernel_Commence_Smp_BringUpTimes__FirstInit");

    /// <summary>The first instruction of a started processor in the kernel's half, as physical address.</summary>
    internal static ulong SecondaryEntry => AddressOf("secondary_entry") - KernelBase;

    /// <summary>The first C# of a processor that was started.</summary>
    internal static ulong SecondaryStart => AddressOf("SecondaryStart");

    /// <summary>A started processor's last step, after its call-in: before it says that it is online.</summary>
    internal static ulong BeforeOnline => AddressOf("Commence_Kernel_Commence_Smp_SmpCallIn__GoOnline");

    /// <summary>Boots <paramref name="spec"/>, whose command line holds only further parameters, while <paramref name="spoil"/> goes to work.</summary>
    internal async Task<MachineResult> RunAsync(MachineSpec spec, string[] program, Func<GdbClient, Task> spoil)
    {
        spec = spec with { CommandLine = KernelCommandLine.ForProgram(program[0], spec.CommandLine, program[1..]) };
        _machine = new VirtualMachine(spec)
        {
            OnRecord = Hear,
            OnControl = control =>
            {
                _control = control;
                return Task.CompletedTask;
            },
            OnDebugger = async gdb =>
            {
                await spoil(gdb);
                _isDone = true;
            },
        };
        MachineResult result = await _machine.RunAsync(2 * StepMax, CancellationToken.None);
        Assert.True(_isDone, $"the machine ended before the debugger was done with it\n{Kernel.Describe(result)}");
        return result;
    }

    /// <summary>Types a line on the machine's console.</summary>
    internal Task TypeAsync(string line) => _machine!.WriteConsoleAsync(Encoding.ASCII.GetBytes(line + "\n"));

    /// <summary>Waits until the kernel has said what became of the processor with an APIC id.</summary>
    internal async Task<CpuRecord> WaitForVerdictAsync(long apicId)
    {
        while (true)
        {
            Task came;
            lock (_lock)
            {
                if (_cpus.FirstOrDefault(cpu => cpu.Apic == apicId) is CpuRecord found)
                    return found;
                came = _came.Task;
            }

            await came.WaitAsync(StepMax);
        }
    }

    /// <summary>Waits until a processor halts in the kernel, with nothing but another processor's message to wake it.</summary>
    internal async Task WaitUntilParkedAsync(int cpu)
    {
        using CancellationTokenSource timer = new(StepMax);
        while (true)
        {
            IReadOnlyList<CpuState> cpus = CpuState.ParseAll(await _control!.ExecuteHumanAsync("info registers -a"));
            if (cpus[cpu].IsStopped && cpus[cpu].Rip >= KernelBase)
                return;
            await Task.Delay(20, timer.Token);
        }
    }

    private static ulong AddressOf(string symbol) =>
        s_symbols.Value.Find(symbol) ?? throw new InvalidOperationException($"{Kernel.Image} has no symbol {symbol}");

    private void Hear(MachineRecord record)
    {
        if (record is not CpuRecord cpu)
            return;
        lock (_lock)
        {
            _cpus.Add(cpu);
            _came.TrySetResult();
            _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}

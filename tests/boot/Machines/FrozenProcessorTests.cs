// Processors that die on the way: before their first instruction, between that and their call-in, in their trampoline. Each gets
// its verdict, boot goes on with the rest, and one that comes to life later does no harm.
//
// A processor is frozen by letting QEMU's gdb server run only the others.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Gdb;
using Commence.Machine.Records;
using Xunit;
using static Commence.BootTests.Machines.PcMachines;

namespace Commence.BootTests.Machines;

public sealed class FrozenProcessorTests
{
    private const int Cpus = 4;
    private const int Victim = 2;

    // Waits for a line, so that the machine lives until the test is done with it, then works on all processors that it has.
    private static readonly string[] s_program =
        ["/bin/busybox", "sh", "-c", "read line; for i in 1 2 3 4 5 6; do busybox true & done; wait; busybox nproc; echo said $line"];

    // The same, with an order in between: the processor is to come after all.
    private static readonly string[] s_bringIn =
        ["/bin/busybox", "sh", "-c", $"read line; mount -t sysfs sys /sys; echo 1 > /sys/devices/system/cpu/cpu{Victim}/online; taskset {1 << Victim:x} busybox true && busybox nproc; echo said $line"];

    public static TheoryData<string> Modes => ["", "nox2apic"];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task AProcessorThatNeverRunsAndComesLate(string parameters)
    {
        DebuggedMachine machine = new();
        MachineResult result = await machine.RunAsync(Describe("q35", "4", parameters), s_program, async gdb =>
        {
            await gdb.RunToAsync(DebuggedMachine.BeforeFirstInit, DebuggedMachine.StepMax);
            await FreezeUntilParkedAsync(machine, gdb, Victim, "not-responding");
            await machine.TypeAsync("late");
        });

        AssertGoesOn(result, "not-responding", Victim, "late");
    }

    [Theory]
    [InlineData(false, "it reached 64-bit mode, and not the kernel")]
    [InlineData(true, "it reached the kernel, and did not come online")]
    public async Task AProcessorThatStopsOnItsWayAndComesLate(bool hasCalledIn, string reason)
    {
        DebuggedMachine machine = new();
        int victim = -1;
        MachineResult result = await machine.RunAsync(Describe("q35", "4"), s_program, async gdb =>
        {
            await gdb.RunToAsync(DebuggedMachine.BeforeFirstInit, DebuggedMachine.StepMax);
            ulong place = hasCalledIn ? DebuggedMachine.BeforeOnline : DebuggedMachine.SecondaryStart;
            GdbStop stop = await gdb.RunToAsync(place, DebuggedMachine.StepMax);
            victim = stop.Cpu ?? throw new GdbException("QEMU does not say which processor it was");
            await FreezeUntilParkedAsync(machine, gdb, victim, "stuck");
            await machine.TypeAsync("late");
        });

        AssertGoesOn(result, "stuck", victim, "late");
        AssertSays(result, $"CPU{victim}: stuck (APIC id {victim}): {reason}");
    }

    [Fact]
    public async Task ProcessorsThatFaultOnTheStartPage()
    {
        // All begin on one page: none gets as far as its own, which would tell that it ran.
        DebuggedMachine machine = new();
        MachineResult result = await machine.RunAsync(Describe("q35", "4"), s_program, async gdb =>
        {
            await gdb.RunToAsync(DebuggedMachine.BeforeFirstInit, DebuggedMachine.StepMax);
            await SpoilStartPagesAsync(gdb);
            await gdb.ContinueAsync();
            await machine.TypeAsync("spoilt");
        });

        AssertOnline(result, [0], "ACPI MADT");
        ForgedTableTests.AssertVerdicts(result, "not-responding", [1, 2, 3]);
        AssertSays(result, "said spoilt");
    }

    [Fact]
    public async Task AProcessorThatCameTooLateIsBroughtInLater()
    {
        DebuggedMachine machine = new();
        MachineResult result = await machine.RunAsync(Describe("q35", "4"), s_bringIn, async gdb =>
        {
            await gdb.RunToAsync(DebuggedMachine.BeforeFirstInit, DebuggedMachine.StepMax);
            await FreezeUntilParkedAsync(machine, gdb, Victim, "not-responding");
            await machine.TypeAsync("welcome");
        });

        Kernel.AssertExited(0, result);
        AssertSays(result, "said welcome", $"CPU{Victim}: not responding", $"CPU{Victim}: online");
        Assert.Contains("4", result.ConsoleLines);
    }

    [Fact]
    public async Task AFaultOnTheWayToTheKernelIsNamed()
    {
        // An undefined instruction as the first in the kernel's half: each notes it in its boot page and halts.
        DebuggedMachine machine = new();
        MachineResult result = await machine.RunAsync(Describe("q35", "4"), s_program, async gdb =>
        {
            await gdb.RunToAsync(DebuggedMachine.BeforeFirstInit, DebuggedMachine.StepMax);
            await gdb.UsePhysicalMemoryAsync(true);
            await gdb.WriteMemoryAsync(DebuggedMachine.SecondaryEntry, new byte[] { 0x0F, 0x0B }); // ud2
            await gdb.UsePhysicalMemoryAsync(false);
            await gdb.ContinueAsync();
            await machine.TypeAsync("faulted");
        });

        AssertOnline(result, [0], "ACPI MADT");
        ForgedTableTests.AssertVerdicts(result, "stuck", [1, 2, 3]);
        AssertSays(result, "said faulted", "exception 6, error code 0, at 0xffffffff8");
    }

    // From a stop on, only the others run until the processor has its verdict. Then it runs too: INIT and SIPI were waiting for
    // it, or it goes on where it stood; it finds the verdict and parks.
    private static async Task FreezeUntilParkedAsync(DebuggedMachine machine, GdbClient gdb, int victim, string state)
    {
        await gdb.ContinueOnlyAsync(Others(victim));
        CpuRecord verdict = await machine.WaitForVerdictAsync(victim);
        await gdb.InterruptAsync();
        await gdb.ContinueAsync();
        Assert.Equal(state, verdict.State);
        await machine.WaitUntilParkedAsync(victim);
    }

    private static IEnumerable<int> Others(int victim) => Enumerable.Range(0, Cpus).Where(cpu => cpu != victim);

    private static void AssertGoesOn(MachineResult result, string state, int victim, string line)
    {
        AssertOnline(result, Ids(Cpus).Where(id => id != victim), "ACPI MADT");
        ForgedTableTests.AssertVerdicts(result, state, [victim]);
        AssertSays(result, $"said {line}", state == "stuck" ? "stuck (APIC id" : "not responding (APIC id");
    }

    // An undefined instruction as the first: in real mode, where the firmware's handler returns to it for ever.
    private static async Task SpoilStartPagesAsync(GdbClient gdb)
    {
        const int pageSize = 4096;
        const int lowEnd = 0x9F000;
        byte[] begin = [0xFA, 0xFC, 0x8C, 0xC8]; // cli, cld, mov ax, cs
        byte[] undefined = [0x0F, 0x0B];         // ud2

        await gdb.UsePhysicalMemoryAsync(true);
        byte[] low = await gdb.ReadMemoryAsync(0, lowEnd);
        int count = 0;
        for (int page = pageSize; page < lowEnd; page += pageSize)
        {
            if (!low.AsSpan(page).StartsWith(begin))
                continue;
            await gdb.WriteMemoryAsync((ulong)page, undefined);
            count++;
        }

        await gdb.UsePhysicalMemoryAsync(false);
        Assert.True(count > 0, "there is no trampoline below 1 MB");
    }
}

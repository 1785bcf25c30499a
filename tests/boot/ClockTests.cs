// Clocks and interrupts on every kind of machine: which timer the rates come from, which counter the clock runs on, which way
// the tick comes, and that the console can be typed at, which takes a device's interrupt.
using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Records;
using Xunit;

namespace Commence.BootTests;

public sealed class ClockTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    private const string Qboot = "qboot.rom";
    private const string SeaBios = "bios-microvm.bin";

    /// <summary>Machine, firmware, parameters, processors online, and a line of the log for each thing that was chosen.</summary>
    public static TheoryData<string, string?, string, int, string[]> Machines() => new()
    {
        { "q35", null, "", 2, ["processor, by HPET", "Switched to clocksource tsc", "Calibrating delay loop (skipped), value calculated using timer frequency.. "] },
        { "q35", null, "noapic", 2, ["through the 8259s, in virtual wire mode"] },
        { "pc", null, "noapic nox2apic tsc=unstable", 2, ["Marking TSC unstable due to boot parameter", "Switched to clocksource hpet", "Calibrating delay loop... "] },
        { "q35", null, "nolapic", 1, ["local APIC disabled by the command line", "ticks by PIT through XT-PIC"] },
        { "pc", null, "nolapic_timer lpj=4000000", 2, ["ticks by PIT through IO-APIC", "(skipped) preset value.. 2000.00 BogoMIPS (lpj=4000000)"] },
        { "q35", null, "nolapic_timer noapic", 2, ["ticks by PIT through XT-PIC"] },
        { "pc,hpet=off", null, "clocksource=acpi_pm", 2, ["processor, by PM timer", "not by HPET (no sound ACPI HPET table)", "Switched to clocksource acpi_pm"] },
        { "pc,acpi=off", null, "tsc=unstable", 1, ["processor, by PIT", "clocksource: no other source than tsc"] },
        { "microvm", Qboot, "", 2, ["processor, by PIT", "PM timer (hardware-reduced ACPI)"] },
        { "microvm,acpi=off", Qboot, "", 2, ["PM timer (no sound ACPI FADT)"] },
        { "microvm,acpi=off", SeaBios, "noapic", 1, ["through the 8259s, in virtual wire mode"] },
        { "microvm,acpi=off,pit=off", SeaBios, "", 1, ["processor, by RTC", "PIT (it stands still)"] },
        { "microvm,pit=off,rtc=off", Qboot, "tsc_early_khz=2000000", 2, ["Detected 2000.000 MHz processor, by tsc_early_khz="] },
    };

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task TheClockRunsAndTheConsoleTakesInput(string machine, string? firmware, string parameters, int online, string[] lines)
    {
        MachineSpec spec = Kernel.Machine with { Machine = machine, Firmware = firmware, Cpus = 2, CommandLine = parameters };
        MachineResult result = await TypeAsync(spec);

        Kernel.AssertStatus(0, result);
        foreach (string line in lines)
            Assert.True(result.Console.Contains(line, StringComparison.Ordinal), $"expected '{line}'\n{Kernel.Describe(result)}");
        Assert.True(result.Console.Contains("typed-hello", StringComparison.Ordinal), $"the console took no input\n{Kernel.Describe(result)}");
        ProcessorTests.AssertAllOnline(result, online);
    }

    [Fact]
    public async Task AProcessorWithoutALocalApicBoots()
    {
        MachineResult result = await TypeAsync(Kernel.Machine with { CpuModel = "max,-apic" });

        Kernel.AssertStatus(0, result);
        Assert.Contains("no local APIC present", result.Console);
        Assert.Contains("ticks by PIT through XT-PIC", result.Console);
        Assert.Contains("typed-hello", result.Console);
    }

    /// <summary>With each tick and each clock, timers, sleeps and the clock do in the machine what they must (tests/kernel/Time).</summary>
    [Theory]
    [InlineData("nolapic_timer")]
    [InlineData("noapic tsc=unstable")]
    [InlineData("nolapic clocksource=acpi_pm")]
    public async Task TheTestsOfTimePassInTheMachine(string parameters)
    {
        foreach (string tests in (string[])["TimerTests", "ClockSwitchTests"])
        {
            MachineSpec spec = new()
            {
                Kernel = Path.Combine(Path.GetDirectoryName(Kernel.Image)!, "commence-tests.elf"),
                Cpus = 4,
                CommandLine = $"commence.tests={tests} {parameters}",
            };
            MachineResult result = await Kernel.BootAsync(spec);
            Assert.True(result.RecordsOf<TestsDoneRecord>() is [{ Failed: 0, Passed: > 0 }], Kernel.Describe(result));
        }
    }

    [Fact]
    public async Task AMachineWithoutAnyClockSaysWhatWasTried()
    {
        MachineSpec spec = Kernel.Machine with { Machine = "microvm,pit=off,rtc=off", Firmware = Qboot };
        MachineResult result = await Kernel.RunAsync("/bin/true", [], spec);

        Kernel.AssertRefused(result, "no clock of known rate", "HPET (", "PM timer (", "PIT (", "RTC (", "CPUID", "tsc_early_khz=");
    }

    [Fact]
    public async Task EachProcessorsBogoMipsAreThoseOfTheLog()
    {
        MachineSpec spec = Kernel.Machine with { Cpus = 2, CommandLine = "lpj=4000000" };
        MachineResult result = await Kernel.RunAsync("/bin/sh", ["-c", "mount -t proc proc /proc; grep bogomips /proc/cpuinfo"], spec);

        Kernel.AssertStatus(0, result);
        Assert.Contains("Total of 2 processors activated (4000.00 BogoMIPS)", result.Console);
        Assert.Equal(2, result.ConsoleLines.Count(line => line == "bogomips\t: 2000.00"));
    }

    [Fact]
    public async Task TheFilesOfTheClockSourceNameIt()
    {
        const string Folder = "/sys/devices/system/clocksource/clocksource0";
        MachineSpec spec = Kernel.Machine with { CommandLine = "clocksource=hpet" };
        MachineResult result = await Kernel.RunAsync("/bin/sh", ["-c", $"mount -t sysfs sysfs /sys; cat {Folder}/*_clocksource"], spec);

        Kernel.AssertStatus(0, result);
        Assert.Contains("tsc hpet acpi_pm ", result.ConsoleLines);
        Assert.Contains("hpet", result.ConsoleLines);
    }

    // The program says when it listens; what is typed then must come back.
    private static async Task<MachineResult> TypeAsync(MachineSpec spec)
    {
        StringBuilder seen = new();
        VirtualMachine? machine = null;
        bool isTyped = false;
        machine = new VirtualMachine(spec with { CommandLine = KernelCommandLine.ForProgram("/bin/sh", spec.CommandLine, ["-c", "echo listening; read line; echo typed-$line"]) })
        {
            OnConsole = bytes =>
            {
                seen.Append(Encoding.Latin1.GetString(bytes.Span));
                if (isTyped || !seen.ToString().Contains("\nlistening", StringComparison.Ordinal))
                    return;
                isTyped = true;
                _ = machine!.WriteConsoleAsync("hello\n"u8.ToArray());
            },
        };
        return await machine.RunAsync(s_limit, CancellationToken.None);
    }
}

// The parameters that the kernel itself understands, taken from the command line in early boot.
//
// A value that makes no sense is reported and ignored, as if the parameter were not there. Unknown parameters go to init.
//
// Written once by the boot processor in early boot; only read afterwards.
using System;
using Commence.Lib;
using Commence.Time;

namespace Commence.Init;

/// <summary>Parsed parameters (Linux: <c>early_param</c>, <c>__setup</c>).</summary>
public static class KernelParameters
{
    private const int QuietLevel = 4; // CONFIG_CONSOLE_LOGLEVEL_QUIET: warnings and worse
    private const int DebugLevel = 10;

    /// <summary><c>acpi=off</c>: the MP tables alone say what there is.</summary>
    public static bool IsAcpiOff { get; private set; }

    /// <summary><c>nosmp</c>, <c>maxcpus=</c>: processors to bring online at boot; the rest stays absent.</summary>
    public static int OnlineMax { get; private set; } = Limits.CpuCountMax;

    /// <summary><c>nr_cpus=</c>: processors that may exist at all.</summary>
    public static int PossibleMax { get; private set; } = Limits.CpuCountMax;

    /// <summary><c>nox2apic</c>: do not switch to x2APIC mode.</summary>
    public static bool IsX2ApicOff { get; private set; }

    /// <summary><c>panic=</c>: seconds until a panic reboots; 0: never, negative: at once.</summary>
    public static int PanicSeconds { get; private set; }

    /// <summary><c>commence.on_init_exit=poweroff</c>: the end of pid 1 is reported and switches the machine off, instead of a
    /// panic. For running one program in a machine of its own.</summary>
    public static bool IsInitExitPowerOff { get; private set; }

    /// <summary>Whether the kernel took a parameter for itself, so that init does not get it.</summary>
    public static bool IsKnown(KernelParameter parameter) => TryApply(parameter, isDryRun: true);

    /// <summary>Takes the command line apart.</summary>
    /// <remarks>Context: early boot, once.</remarks>
    internal static void Parse(ReadOnlySpan<byte> text)
    {
        foreach (KernelParameter parameter in new CommandLine(text))
            _ = TryApply(parameter, isDryRun: false); // unknown ones are init's
    }

    private static bool TryApply(KernelParameter parameter, bool isDryRun)
    {
        if (parameter.IsNamed("quiet"u8))
            SetLevel(QuietLevel, isDryRun);
        else if (parameter.IsNamed("debug"u8) && !parameter.HasValue)
            SetLevel(DebugLevel, isDryRun);
        else if (parameter.IsNamed("ignore_loglevel"u8))
            SetLevel(int.MaxValue, isDryRun);
        else if (parameter.IsNamed("loglevel"u8))
            SetNumber(parameter, Target.LogLevel, 0, DebugLevel, isDryRun);
        else if (parameter.IsNamed("acpi"u8))
            SetAcpi(parameter, isDryRun);
        else if (parameter.IsNamed("nosmp"u8))
            OnlineMax = isDryRun ? OnlineMax : 1;
        else if (parameter.IsNamed("maxcpus"u8))
            SetNumber(parameter, Target.OnlineMax, 0, Limits.CpuCountMax, isDryRun);
        else if (parameter.IsNamed("nr_cpus"u8))
            SetNumber(parameter, Target.PossibleMax, 1, Limits.CpuCountMax, isDryRun);
        else if (parameter.IsNamed("nox2apic"u8))
            IsX2ApicOff |= !isDryRun;
        else if (parameter.IsNamed("panic"u8))
            SetPanic(parameter, isDryRun);
        else if (parameter.IsNamed("commence.on_init_exit"u8))
            SetInitExit(parameter, isDryRun);
        else
            return ApplyElsewhere(parameter, isDryRun);
        return true;
    }

    // Those that stand beside what they set.
    private static bool ApplyElsewhere(KernelParameter parameter, bool isDryRun)
    {
        int verdict = TimeParameters.Apply(parameter, isDryRun);
        if (verdict < 0)
            Reject(parameter);
        return verdict != 0;
    }

    private enum Target
    {
        LogLevel,
        OnlineMax,
        PossibleMax,
    }

    private static void SetLevel(int level, bool isDryRun)
    {
        if (!isDryRun)
            Printk.ConsoleLevel = level;
    }

    private static void SetNumber(KernelParameter parameter, Target target, int min, int max, bool isDryRun)
    {
        if (isDryRun)
            return;
        if (!NumberParser.TryParse(parameter.Value, out ulong value) || value < (ulong)min || value > (ulong)max)
        {
            Reject(parameter);
            return;
        }

        switch (target)
        {
            case Target.LogLevel:
                Printk.ConsoleLevel = (int)value;
                break;
            case Target.OnlineMax:
                OnlineMax = Math.Max(1, (int)value); // 0 means the boot processor alone, as nosmp
                break;
            default:
                PossibleMax = (int)value;
                break;
        }
    }

    private static void SetAcpi(KernelParameter parameter, bool isDryRun)
    {
        if (isDryRun)
            return;
        if (parameter.Value.SequenceEqual("off"u8))
            IsAcpiOff = true;
        else
            Reject(parameter);
    }

    private static void SetPanic(KernelParameter parameter, bool isDryRun)
    {
        if (isDryRun)
            return;
        bool isNegative = parameter.Value.StartsWith("-"u8);
        ReadOnlySpan<byte> digits = isNegative ? parameter.Value[1..] : parameter.Value;
        if (NumberParser.TryParse(digits, out ulong value) && value <= int.MaxValue)
            PanicSeconds = isNegative ? -(int)value : (int)value;
        else
            Reject(parameter);
    }

    private static void SetInitExit(KernelParameter parameter, bool isDryRun)
    {
        if (isDryRun)
            return;
        if (parameter.Value.SequenceEqual("poweroff"u8))
            IsInitExitPowerOff = true;
        else
            Reject(parameter);
    }

    private static void Reject(KernelParameter parameter) =>
        Printk.Warning($"Malformed early option '{parameter.Name}={parameter.Value}', ignored");
}

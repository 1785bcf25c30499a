// The kernel's command line, applied to what the parts of the kernel have marked [KernelParameter].
//
//   early   as soon as the command line is known: before the first line is printed, before there is memory
//   late    once `new` works
//
// Within each, in the order of the command line: the last of several wins. A value that makes no sense is reported and
// ignored, as if the parameter were not there. Unknown parameters go to init (InitArguments).
using System;
using System.Threading;
using Commence.Lib;
using Commence.Processes;

namespace Commence.Init;

/// <summary>Takes what is the kernel's from the command line (Linux: <c>parse_early_param</c>, <c>parse_args</c>).</summary>
public static class KernelParameters
{
    private const int PieceBytesMax = 200; // of what one message of the log holds

    private static KernelParameterSet? s_table;

    /// <summary>The parameters that the parts of this kernel declare; set by the image before anything else.</summary>
    public static KernelParameterSet Table
    {
        get => Volatile.Read(ref s_table!);
        set => Volatile.Write(ref s_table, value);
    }

    /// <summary>Whether the parameter is the kernel's own, so that init does not get it.</summary>
    public static bool IsKnown(KernelParameter parameter) => Table.Find(parameter.Name) >= 0;

    /// <summary>Logs the command line, in as many messages as that takes.</summary>
    internal static void Print(ReadOnlySpan<byte> commandLine)
    {
        while (commandLine.Length > PieceBytesMax)
        {
            int blank = commandLine[..PieceBytesMax].LastIndexOf((byte)' ');
            int length = blank > 0 ? blank + 1 : PieceBytesMax;
            Printk.Info($"Command line: {commandLine[..length]}");
            commandLine = commandLine[length..];
        }

        Printk.Info($"Command line: {commandLine}");
    }

    /// <summary>Applies the early parameters.</summary>
    /// <remarks>Context: early boot, once; the console can be used, memory cannot.</remarks>
    internal static void ApplyEarly(ReadOnlySpan<byte> commandLine)
    {
        foreach (KernelParameter parameter in new CommandLine(commandLine))
        {
            ReadOnlySpan<byte> equals = parameter.HasValue ? "="u8 : default;
            if (IsRefused(parameter, isEarly: true))
                Printk.Warning($"Malformed early option '{parameter.Name}{equals}{parameter.Value}'");
        }
    }

    /// <summary>Applies all others.</summary>
    /// <remarks>Context: early boot, once, after <c>new</c> works.</remarks>
    internal static void ApplyLate(ReadOnlySpan<byte> commandLine)
    {
        foreach (KernelParameter parameter in new CommandLine(commandLine))
        {
            if (IsRefused(parameter, isEarly: false))
                Printk.Error($"Booting kernel: `{parameter.Value}' invalid for parameter `{parameter.Name}'");
        }

        InitArguments.Read(commandLine).PrintUnknown();
    }

    private static bool IsRefused(KernelParameter parameter, bool isEarly)
    {
        int index = Table.Find(parameter.Name);
        return index >= 0 && Table.IsEarly(index) == isEarly && !Table.TrySet(index, parameter.Value, parameter.HasValue);
    }
}

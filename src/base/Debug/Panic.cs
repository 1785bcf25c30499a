// The end of the machine: says what went wrong, on which processor and where, stops the others, and halts or reboots.
//
// Only one processor reports. The first that comes wins a compare-and-swap; another that panics meanwhile waits to be
// stopped; a panic inside the report is said in one line and ends it.
using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Debug;
using Commence.Lib;

namespace Commence;

/// <summary>What a panic needs of the layers above; registered by the kernel.</summary>
public abstract class MachineStop
{
    private static MachineStop? s_instance;

    /// <summary>The one instance; null in early boot, when there is one processor.</summary>
    public static MachineStop? Instance
    {
        get => Volatile.Read(ref s_instance);
        set => Volatile.Write(ref s_instance, value);
    }

    /// <summary>Stops all other processors; returns when they have stopped or a bound is over.</summary>
    /// <remarks>Context: panic. IRQs: off.</remarks>
    public abstract void StopOthers();

    /// <summary>Name of the running task, for the report.</summary>
    public abstract void DescribeTask(ref TextWriter text);

    /// <summary>What follows the report: reboot after <c>panic=</c> seconds, or nothing.</summary>
    public abstract void AfterPanic();
}

/// <summary>Stops the machine for good (Linux: <c>panic</c>).</summary>
public static class Panic
{
    private const uint Nobody = 0; // else: CPU number + 1

    private static uint s_owner;

    /// <summary>Whether some processor has panicked: output then bypasses locks.</summary>
    public static bool IsInProgress => Volatile.Read(ref s_owner) != Nobody;

    /// <summary>Panics with a message.</summary>
    /// <remarks>Context: any. Never returns.</remarks>
    [DoesNotReturn]
    public static void Now(scoped in LogMessage message)
    {
        TrapFrame frame = TrapFrame.Capture();
        Report(message.Text, ref frame);
    }

    /// <summary>Panics with the registers of the code that failed.</summary>
    /// <remarks>Context: any, NMI included. Never returns.</remarks>
    [DoesNotReturn]
    public static void Report(scoped ReadOnlySpan<byte> what, ref TrapFrame frame)
    {
        LocalInterrupts.Disable();
        uint self = (uint)PerCpuArea.Id.Value + 1;
        uint owner = Interlocked.CompareExchange(ref s_owner, self, Nobody);
        if (owner == self)
            StopInPanic(what);
        while (owner != Nobody)
            Cpu.Halt(); // the owner's NMI finds us here

        MachineStop.Instance?.StopOthers();
        Printk.EnterPanic();
        Printk.Emergency($"Kernel panic - not syncing: {what}");
        Describe(ref frame);
        Printk.Emergency($"---[ end Kernel panic - not syncing: {what} ]---");

        SendRecord(what);

        MachineStop.Instance?.AfterPanic();
        while (true)
            Cpu.Halt();
    }

    // Not inlined: the record's buffer must not add to the frame that prints the report.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SendRecord(scoped ReadOnlySpan<byte> what)
    {
        Record record = new("panic"u8);
        record.Add("cpu"u8, PerCpuArea.Id.Value);
        record.Add("message"u8, what);
        record.SendInPanic();
    }

    // A second failure, while reporting the first: as little as possible.
    private static void StopInPanic(scoped ReadOnlySpan<byte> what)
    {
        ConsoleDevice.Console?.Write("\npanic inside a panic: "u8);
        ConsoleDevice.Console?.Write(what);
        ConsoleDevice.Console?.Write("\n"u8);
        while (true)
            Cpu.Halt();
    }

    private static void Describe(ref TrapFrame frame)
    {
        Span<byte> buffer = stackalloc byte[160];
        TextWriter line = new(buffer);
        line.Append($"CPU: {PerCpuArea.Id}");
        MachineStop.Instance?.DescribeTask(ref line);
        Printk.Write(LogLevel.Emergency, line.Text);

        for (int i = 0; i < TrapFrame.LineCount; i++)
        {
            line.Clear();
            frame.FormatLine(i, ref line);
            Printk.Write(LogLevel.Emergency, line.Text);
        }

        StackTrace.Print(LogLevel.Emergency, ref frame);
    }
}

// How the machine ends on purpose: processors stopped, then power off, reboot or halt.
using System;
using Commence.Arch;
using Commence.Debug;
using Commence.Lib;
using Commence.Sched;
using Commence.Time;

namespace Commence.Init;

/// <summary>The last steps (Linux: <c>kernel_power_off</c>, <c>kernel_restart</c>, <c>kernel_halt</c>).</summary>
public static class MachineEnd
{
    private const ulong SettleNs = 500_000_000;
    private const int SettleRoundsMax = 100_000_000;

    /// <summary>Reports how the first program ended, for whoever watches the record line.</summary>
    /// <param name="status">Exit code, or 128 + the signal that killed it.</param>
    public static void ReportExit(int status)
    {
        Record record = new("exit"u8);
        record.Add("status"u8, status);
        record.Send();
    }

    /// <summary>Switches the machine off.</summary>
    /// <remarks>Context: thread. Never returns.</remarks>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public static void PowerOff()
    {
        MoveToBootProcessor();
        Printk.Emergency($"reboot: Power down");
        StopOthers();
        Platform.Instance.PowerOff();
        Settle();
        Printk.Error($"reboot: this machine cannot switch itself off; halted");
        HaltForever();
    }

    /// <summary>Starts the machine anew.</summary>
    /// <param name="command">What to start, for firmware that understands such; only reported. Empty: none.</param>
    /// <inheritdoc cref="PowerOff"/>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public static void Reboot(ReadOnlySpan<byte> command = default)
    {
        MoveToBootProcessor();
        if (command.IsEmpty)
            Printk.Emergency($"reboot: Restarting system");
        else
            Printk.Emergency($"reboot: Restarting system with command '{command}'");
        if (!RebootParameters.IsForced)
            StopOthers();
        Platform.Instance.Reboot();
        Settle();
        Printk.Error($"reboot: this machine cannot restart itself; halted");
        HaltForever();
    }

    /// <summary>Stops all processors.</summary>
    /// <inheritdoc cref="PowerOff"/>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public static void Halt()
    {
        MoveToBootProcessor();
        Printk.Emergency($"reboot: System halted");
        StopOthers();
        HaltForever();
    }

    // The request is carried out beside us: instructions go on for a while. The rounds end the wait if the clock stands.
    private static void Settle()
    {
        ulong end = Clock.Monotonic().Value + SettleNs;
        for (int i = 0; i < SettleRoundsMax && Clock.Monotonic().Value < end; i++)
            Cpu.Relax();
    }

    // Firmware may take it ill if another processor than the one that it started ends the machine (Linux:
    // migrate_to_reboot_cpu). If the boot processor does not schedule any more, this one does it.
    private static void MoveToBootProcessor() => _ = Scheduler.SetAffinity(Task.Current, CpuMask.Of(new CpuId(0))); // see above

    private static void StopOthers()
    {
        ConsoleOutput.Flush();
        LocalInterrupts.Disable();
        MachineStop.Instance?.StopOthers();
        ConsoleOutput.TakeForGood();
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void HaltForever()
    {
        while (true)
            Cpu.Halt();
    }
}

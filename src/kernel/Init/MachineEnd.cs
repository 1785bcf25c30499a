// How the machine ends on purpose: processors stopped, then power off, reboot or halt.
using System;
using Commence.Arch;
using Commence.Debug;
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
        Printk.Info($"reboot: Power down");
        StopOthers();
        Platform.Instance.PowerOff();
        Settle();
        Printk.Error($"reboot: this machine cannot switch itself off; halted");
        HaltForever();
    }

    /// <summary>Starts the machine anew.</summary>
    /// <inheritdoc cref="PowerOff"/>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public static void Reboot()
    {
        Printk.Info($"reboot: Restarting system");
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
        Printk.Info($"reboot: System halted");
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

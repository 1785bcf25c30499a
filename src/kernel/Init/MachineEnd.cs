// How the machine ends on purpose: processors stopped, then power off, reboot or halt.
using System;
using Commence.Arch;
using Commence.Debug;

namespace Commence.Init;

/// <summary>The last steps (Linux: <c>kernel_power_off</c>, <c>kernel_restart</c>, <c>kernel_halt</c>).</summary>
public static class MachineEnd
{
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

// Stopping the other processors, for a panic or the end of the machine, and what follows a panic.
using System.Threading;
using Commence.Debug;
using Commence.Init;
using Commence.Lib;
using Commence.Sched;

namespace Commence.Smp;

/// <summary>Stopping the machine.</summary>
internal sealed class SmpStop : MachineStop
{
    private const ulong NsPerSecond = 1_000_000_000;
    private const ulong StopMaxNs = NsPerSecond;

    private static int s_stopped;

    /// <summary>How long a panic waits before it restarts the machine; 0: for ever, negative: not at all.</summary>
    [KernelParameter("panic", Unit = "seconds", Early = true, Help = "time until a panic restarts the machine; 0: never, negative: at once")]
    internal static int PanicSeconds { get; set; }

    /// <summary>Says that the calling processor has stopped.</summary>
    /// <remarks>Context: stop NMI.</remarks>
    internal static void CountStopped() => Interlocked.Increment(ref s_stopped);

    /// <inheritdoc/>
    public override void StopOthers()
    {
        int wanted = 0;
        CpuId self = PerCpuArea.Id;
        for (int i = 0; i < Processors.Count; i++)
        {
            CpuId cpu = new(i);
            if (cpu == self || !Processors.IsOnline(cpu))
                continue;
            InterruptController.SendStop(Processors.Get(cpu).HardwareId);
            wanted++;
        }

        // By cycles, not by the clock: its lock may be held by a processor that is stopped now.
        ulong begin = LogClock.CycleTime;
        while (Volatile.Read(ref s_stopped) < wanted && LogClock.CycleTime - begin < StopMaxNs)
            Cpu.Relax();
    }

    /// <inheritdoc/>
    public override void DescribeTask(ref TextWriter text)
    {
        if (PerCpuArea.CurrentTask is not Task task)
            return;
        text.Append(" PID: "u8);
        text.Append(task.Pid);
        text.Append(" Comm: "u8);
        text.Append(task.Name);
    }

    /// <inheritdoc/>
    public override void AfterPanic()
    {
        int seconds = PanicSeconds;
        if (seconds == 0)
            return;

        if (seconds > 0)
        {
            Printk.Emergency($"Rebooting in {seconds} seconds..");
            ulong begin = LogClock.CycleTime;
            while (LogClock.CycleTime - begin < (ulong)seconds * NsPerSecond)
                Cpu.Relax();
        }

        Platform.Instance.Reboot();
    }
}

// The machine's own tick, for processors whose local timer does not interrupt or is not there. A driver implements it.
//
// It interrupts the boot processor, which passes the tick on to the others.
using System;
using Commence.Arch;
using Commence.Irq;
using Commence.Lib;
using Commence.Sched;
using Commence.Smp;

namespace Commence.Time;

/// <summary>A timer that is the machine's and not a processor's (x64: the PIT's channel 0).</summary>
public abstract class LegacyTick : InterruptHandler
{
    /// <summary>Its name, for the log.</summary>
    public abstract ReadOnlySpan<byte> Name { get; }

    /// <summary>Makes it interrupt so often a second.</summary>
    /// <returns>False if its line leads nowhere.</returns>
    /// <remarks>Context: early boot.</remarks>
    public abstract bool TryStart(uint hertz);

    /// <summary>Makes it interrupt no more.</summary>
    /// <remarks>Context: early boot.</remarks>
    public abstract void Stop();

    /// <inheritdoc/>
    public sealed override void OnInterrupt() => OnInterrupt(InterruptedMode.Kernel);

    /// <inheritdoc/>
    public sealed override void OnInterrupt(InterruptedMode interrupted)
    {
        CpuId self = PerCpuArea.Id;
        for (int i = 0; i < Processors.Count; i++)
        {
            if (i != self.Value && Processors.IsOnline(new CpuId(i)))
                InterruptController.SendTick(Processors.Get(new CpuId(i)).HardwareId);
        }

        Scheduler.Tick(interrupted);
    }
}

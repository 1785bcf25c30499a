using System.Threading;

namespace Commence.Smp;

/// <summary>What the scheduler needs to reach other processors. One implementation, registered before the second one starts.</summary>
public abstract class SmpHooks
{
    private static SmpHooks? s_instance;

    /// <summary>The machine's implementation; null while only the boot processor runs.</summary>
    public static SmpHooks? Instance
    {
        get => Volatile.Read(ref s_instance);
        set => Volatile.Write(ref s_instance, value);
    }

    /// <summary>Makes another processor look at its run queue: its reschedule wish is set there, in its interrupt handler.</summary>
    /// <remarks>Context: any. IRQs: off. All that the caller wrote before is seen by the handler.</remarks>
    public abstract void SendReschedule(CpuId to);
}

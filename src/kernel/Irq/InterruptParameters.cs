// What the command line says of interrupt controllers.
//
// Written once by the boot processor in early boot; only read afterwards.
// Source: Linux Documentation/admin-guide/kernel-parameters.txt.
using Commence.Smp;

namespace Commence.Irq;

/// <summary>Parameters of interrupt controllers.</summary>
public static class InterruptParameters
{
    /// <summary>I/O APICs are not used. As in Linux also with <c>nosmp</c> and <c>maxcpus=0</c>.</summary>
    [KernelParameter("noapic", Value = 1, Early = true, Help = "no I/O APIC is used: devices interrupt the boot processor through the 8259s")]
    public static bool IsRouterOff
    {
        get => field || SmpInit.OnlineMax == 0;
        internal set;
    }

    /// <summary>Local APICs are not used.</summary>
    [KernelParameter("nolapic", Value = 1, Early = true, Help = "no local APIC is used: one processor, the 8259s, and the PIT's tick")]
    [KernelParameter("disableapic", Value = 1, Early = true, Help = "nolapic")]
    public static bool IsLocalControllerOff { get; internal set; }

    /// <summary>The local timers are not used.</summary>
    [KernelParameter("nolapic_timer", Value = 1, Early = true, Help = "the local APICs' timers are not used: the PIT's tick is passed on to all processors")]
    public static bool IsLocalTimerOff { get; internal set; }
}

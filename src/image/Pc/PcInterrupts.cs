// How device interrupts reach processors on PC machines: through I/O APICs, or, without them, through the two 8259s.
//
//   symmetric mode      device ─▶ I/O APIC ─▶ any local APIC                      the usual way
//   virtual wire mode   device ─▶ 8259s ─▶ LINT0 of the boot processor's APIC     noapic, or no I/O APIC is known
//   without local APIC  device ─▶ 8259s ─▶ the one processor                      nolapic, or the processor has none
//
// Source: MP Spec 1.4 §3.6.2 "Interrupt Modes".
using Commence.Arch.X64;
using Commence.Debug;
using Commence.Drivers.IrqChip;
using Commence.Firmware.Interrupts;
using Commence.Init;
using Commence.Irq;

namespace Commence.Image;

/// <summary>The choice between the ways.</summary>
internal static class PcInterrupts
{
    private static IoApicRouter? s_ioApics;
    private static Pic8259? s_pics;

    /// <summary>Finds the controllers and masks their lines.</summary>
    /// <remarks>Context: early boot, after <c>new</c> works. IRQs: off.</remarks>
    internal static void Find()
    {
        if (Pic8259.IsPresent)
        {
            s_pics = new Pic8259();
            DeviceInterrupts.FixedRouter = s_pics;
        }

        // Masked even where they are not used: a line that the firmware left on must not interrupt.
        s_ioApics = new IoApicRouter();
        s_ioApics.Open();
    }

    /// <summary>Chooses a way and connects the boot processor's local lines.</summary>
    /// <remarks>Context: early boot. IRQs: off.</remarks>
    internal static void Start()
    {
        ref readonly InterruptWiring wiring = ref FirmwareTables.Wiring;
        if (X64LocalApic.IsUsed)
        {
            if (FirmwareTables.IsPicMode)
            {
                Printk.Info($"PIC mode: IMCR set to symmetric mode");
                InterruptModeRegister.ConnectLocalApic();
            }

            X64LocalApic.ConnectNmi(wiring.NmiLocalInput, wiring.IsNmiActiveLow);
        }

        bool hasIoApic = s_ioApics!.Count != 0 && X64LocalApic.IsUsed;
        if (hasIoApic && !InterruptParameters.IsRouterOff)
            InterruptRouter.Instance = s_ioApics;
        else if (!TryUsePics())
            Printk.Warning($"no interrupt controller for devices: neither an I/O APIC nor the 8259s");
    }

    /// <summary>Lets devices interrupt through the 8259s from now on.</summary>
    /// <returns>False if they do already, or there are none.</returns>
    internal static bool TryUsePics()
    {
        if (s_pics is null || InterruptRouter.Instance == s_pics)
            return false;

        s_ioApics!.MaskAll();
        if (X64LocalApic.IsUsed)
            X64LocalApic.ConnectLegacyController(FirmwareTables.Wiring.ExternalLocalInput);
        InterruptRouter.Instance = s_pics;
        if (X64LocalApic.IsUsed)
            Printk.Info($"devices interrupt through the 8259s, in virtual wire mode (LINT{FirmwareTables.Wiring.ExternalLocalInput})");
        else
            Printk.Info($"devices interrupt through the 8259s");
        return true;
    }
}

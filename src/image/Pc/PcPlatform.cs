// The PC and its virtual kin: which driver serves what.
using Commence.Arch;
using Commence.Arch.X64;
using Commence.Drivers.IrqChip;
using Commence.Drivers.Power;
using Commence.Drivers.Serial;
using Commence.Drivers.Timer;
using Commence.Init;
using Commence.Irq;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Terminals;
using Commence.Time;

namespace Commence.Image;

/// <summary>PC machines: `pc`, `q35`, `microvm` and real ones.</summary>
internal sealed class PcPlatform : Platform
{
    private static PitTick? s_tick;

    /// <summary>Where the loader put its message.</summary>
    internal static PhysAddr BootInformationAt { get; set; }

    /// <summary>What the message is: the magic of a multiboot2 loader, or 0 for PVH (Entry.S).</summary>
    internal static uint BootProtocol { get; set; }

    /// <summary>Do not switch to x2APIC mode.</summary>
    [KernelParameter("nox2apic", Value = 1, Early = true, Help = "leave the local APICs in xAPIC mode")]
    internal static bool IsX2ApicOff { get; set; }

    /// <inheritdoc/>
    public override void StartConsole() => PcConsole.Start();

    /// <inheritdoc/>
    public override bool TryReadBootInformation() => BootProtocol == 0
        ? BootInformation.TryReadPvh(FirmwareTables.Memory, BootInformationAt)
        : BootInformation.TryReadMultiboot2(FirmwareTables.Memory, BootInformationAt, BootProtocol);

    /// <inheritdoc/>
    public override void StartBootProcessor()
    {
        if (!X64Features.EnableOnThisCpu())
            FeatureCheck.Fail();
        if (X64CpuId.HasHypervisor)
            SpinPolicy.AllowBarging();
        // Before the local APIC closes the way for the legacy controllers' interrupts: one that is pending then would stay so
        // for ever, and a processor that takes an interrupt without a vector raises a general protection fault.
        Pic8259.Disable();
        if (InterruptParameters.IsLocalControllerOff || !X64LocalApic.IsPresent)
        {
            Printk.Warning($"{(X64LocalApic.IsPresent ? "local APIC disabled by the command line"u8 : "no local APIC present"u8)}: one CPU, interrupts by the 8259s");
            X64LocalApic.LeaveOff();
            return;
        }

        X64LocalApic.InitialiseBootProcessor(DirectMap.ToVirtual(X64LocalApic.RegisterBase), wantsX2Apic: !IsX2ApicOff);
        if (IsX2ApicOff && X64LocalApic.IsX2Apic)
            Printk.Warning($"nox2apic: x2APIC mode cannot be left; the boot processor's APIC id is {X64LocalApic.Id}");
    }

    /// <inheritdoc/>
    public override void MapDevices()
    {
        AcpiPower.Find();
        PcInterrupts.Find();
        if (!X64LocalApic.IsUsed || X64LocalApic.IsX2Apic)
            return;
        MemoryRegion registers = new(X64LocalApic.RegisterBase, X64LocalApic.RegisterBase + Limits.PageSizeBytes);
        if (!KernelPageTable.TryMapDevice(KernelMemory.Table, registers))
            Panic.Now($"the local APIC's registers at {registers.Start} cannot be mapped");
    }

    /// <inheritdoc/>
    public override void StartInterruptControllers() => PcInterrupts.Start();

    /// <inheritdoc/>
    public override bool TryFallBackToLegacyRouter() => PcInterrupts.TryUsePics();

    /// <inheritdoc/>
    public override void FindClocks()
    {
        PcClocks.Find();
        s_tick = new PitTick();
    }

    /// <inheritdoc/>
    public override ReferenceClock? GetReferenceClock(int index) => PcClocks.Get(index);

    /// <inheritdoc/>
    public override LegacyTick? LegacyTick => s_tick;

    /// <inheritdoc/>
    public override ulong ReadWallClockSeconds() => CmosClock.ReadSeconds();

    /// <summary>The console can be typed at.</summary>
    /// <returns>ENODEV if the machine has no such line; EIO if its interrupt cannot be had.</returns>
    [Initcall(InitcallLevel.Device, Part = "serial-input"), RunsAfter(typeof(ConsoleTerminal), nameof(ConsoleTerminal.Initialise))]
    internal static Errno StartSerialInput()
    {
        if (!PcConsole.TryGetInput(out Uart16550 port, out int line))
            return Errno.ENODEV;
        ConsoleInput input = new(ConsoleTerminal.Instance!);
        if (new UartInput(port, input).TryStart(line))
            return Errno.None;
        Printk.Warning($"console: no interrupt for line {line}: it takes no input");
        return Errno.EIO;
    }

    /// <inheritdoc/>
    public override void PowerOff() => AcpiPower.PowerOff();

    /// <inheritdoc/>
    public override void Reboot() => PcReboot.Run();
}

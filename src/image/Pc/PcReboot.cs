// Restarting a PC: the wanted way first, then the others, until one works.
//
//   acpi ─▶ kbd ─▶ pci ─▶ triple fault, which no processor survives
//
// Sources: ACPI 6.5 §4.8.3.6 "Reset Register"; Intel 8042 keyboard controller, command FEh (pulse output line 0) and
// status bit 1 (input buffer full); Intel ICH9 datasheet §13.7.5 "RST_CNT, Reset Control Register" (CF9h); the BIOS data
// area's soft reset flag at 40:72, 1234h: memory is not tested.
using System.Buffers.Binary;
using Commence.Arch;
using Commence.Arch.X64;
using Commence.Debug;
using Commence.Drivers.Power;
using Commence.Init;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Image;

/// <summary>The ways to reset a PC.</summary>
internal static class PcReboot
{
    private const ushort KeyboardCommand = 0x64;
    private const byte InputBufferFull = 1 << 1;
    private const byte PulseResetLine = 0xFE;
    private const int KeyboardTries = 10;
    private const int KeyboardPollsMax = 0x1_0000;

    private const ushort ResetControl = 0xCF9;
    private const byte SystemReset = 1 << 1;   // with the next: a hard reset of the processors and the bus
    private const byte ResetCpu = 1 << 2;      // its rising edge begins the reset
    private const byte FullReset = 1 << 3;     // the power goes off and on as well

    private const int SoftResetFlag = 0x472;
    private const ushort PassOverMemoryTest = 0x1234;
    private const int WayCount = 4;
    private const ulong SettleNs = 500_000_000;

    /// <summary>Tries the ways. Does not return on a machine as we know them.</summary>
    /// <remarks>Context: any, panic included. IRQs: off.</remarks>
    internal static void Run()
    {
        SetSoftResetFlag();
        RebootWay wanted = RebootParameters.Way;
        Try(wanted);
        for (int i = 0; i < WayCount; i++)
        {
            if ((RebootWay)i != wanted)
                Try((RebootWay)i);
        }
    }

    private static void Try(RebootWay way)
    {
        switch (way)
        {
            case RebootWay.Acpi:
                if (!AcpiPower.HasReset)
                    return;
                Printk.Info($"reboot: by ACPI's reset register");
                AcpiPower.Reset();
                break;
            case RebootWay.Keyboard:
                Printk.Info($"reboot: by the keyboard controller");
                PulseKeyboardLine();
                break;
            case RebootWay.Pci:
                Printk.Info($"reboot: by the reset control register");
                WriteResetControl();
                break;
            default:
                Printk.Info($"reboot: by a triple fault");
                X64Reset.TripleFault();
                break;
        }

        Settle();
    }

    private static void PulseKeyboardLine()
    {
        IoPort command = new(KeyboardCommand);
        for (int i = 0; i < KeyboardTries; i++)
        {
            for (int polls = 0; (command.Read8() & InputBufferFull) != 0 && polls < KeyboardPollsMax; polls++)
                Cpu.Relax();
            command.Write8(PulseResetLine);
        }
    }

    private static void WriteResetControl()
    {
        IoPort control = new(ResetControl);
        byte code = (byte)(SystemReset | ResetCpu | (RebootParameters.IsWarm ? 0 : FullReset));
        byte rest = (byte)(control.Read8() & ~code);
        control.Write8((byte)(rest | SystemReset)); // says what, before the edge says when
        control.Write8((byte)(rest | code));
    }

    // Firmware reads it after the reset. Under UEFI the page may be no memory, and nobody would read the flag.
    private static void SetSoftResetFlag()
    {
        if (!KernelMemory.Table.TryLookup(DirectMap.ToVirtual(default), out _))
            return;

        BinaryPrimitives.WriteUInt16LittleEndian(
            DirectMap.Span(default)[SoftResetFlag..], RebootParameters.IsWarm ? PassOverMemoryTest : (ushort)0);
    }

    // The reset comes from outside the processor, which goes on for a while. By cycles: the clock may have stopped.
    private static void Settle()
    {
        ulong begin = LogClock.CycleTime;
        while (LogClock.CycleTime - begin < SettleNs)
            Cpu.Relax();
    }
}

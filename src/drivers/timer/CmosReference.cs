// The battery-backed clock as a reference: its periodic flag is raised 1024 times a second, and read by polling.
//
// The last resort: for machines that have no other timer (microvm without PIT). Reading the flag clears it, so each raise is
// seen once; one that is missed, because the host runs something else, makes the interval longer, and says so by nothing. The
// measurements that disagree for it are thrown out by whoever measures.
//
// Source: Motorola MC146818A data sheet, "Register A", "Register B", "Register C", "Periodic Interrupt Rate".
using System;
using Commence.Arch;
using Commence.Init;
using Commence.Time;

namespace Commence.Drivers.Timer;

/// <summary>The real-time clock's periodic flag as a reference clock.</summary>
public sealed class CmosReference : ReferenceClock
{
    private const byte RegisterA = 0x0A;
    private const byte RegisterB = 0x0B;
    private const byte RegisterC = 0x0C;
    private const byte RateMask = 0x0F;
    private const byte Rate1024Hz = 0x06;       // with the 32,768 Hz quartz that every PC has
    private const byte PeriodicEnable = 0x40;   // of register B; some clocks raise the flag only with it
    private const byte PeriodicFlag = 0x40;     // of register C
    private const ulong RaisesPerSecond = 1024;

    private const int SpinsMax = 100_000; // a raise each millisecond, and a read takes 0.1 µs at least

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "RTC"u8;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Absence
    {
        get
        {
            if (FirmwareTables.Timers.LacksCmosClock)
                return "the FADT says that there is none"u8;
            return CmosClock.IsPresent ? default : "nobody answers at its ports"u8;
        }
    }

    /// <inheritdoc/>
    public override bool TryMeasure(Nanoseconds duration, out MeasuredInterval interval)
    {
        byte rateBefore = CmosClock.ReadRegister(RegisterA);
        byte modeBefore = CmosClock.ReadRegister(RegisterB);
        CmosClock.WriteRegister(RegisterA, (byte)((rateBefore & ~RateMask) | Rate1024Hz));
        CmosClock.WriteRegister(RegisterB, (byte)(modeBefore | PeriodicEnable));
        bool isPassed = TryPass(duration, out interval);
        CmosClock.WriteRegister(RegisterB, modeBefore);
        CmosClock.WriteRegister(RegisterA, rateBefore);
        _ = CmosClock.ReadRegister(RegisterC); // its line comes down
        return isPassed;
    }

    private static bool TryPass(Nanoseconds duration, out MeasuredInterval interval)
    {
        interval = default;
        ulong raises = ((duration.Value * RaisesPerSecond) + Nanoseconds.PerSecond - 1) / Nanoseconds.PerSecond;
        Nanoseconds length = new(raises * Nanoseconds.PerSecond / RaisesPerSecond);

        _ = CmosClock.ReadRegister(RegisterC); // what was raised before does not count
        if (!TryAwaitRaise())
            return false;
        TimerMeasurement begin = InterruptController.ReadTimers();
        for (; raises != 0; raises--)
        {
            if (!TryAwaitRaise())
                return false;
        }

        interval = new MeasuredInterval(InterruptController.ReadTimers().Since(in begin), length, MeasuredInterval.Unbounded);
        return true;
    }

    private static bool TryAwaitRaise()
    {
        for (int spins = 0; spins < SpinsMax; spins++)
        {
            if ((CmosClock.ReadRegister(RegisterC) & PeriodicFlag) != 0)
                return true;
            Cpu.Relax();
        }

        return false;
    }
}

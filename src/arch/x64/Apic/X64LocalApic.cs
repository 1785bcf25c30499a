// The local APIC of the processor that runs the caller, in xAPIC mode (registers in memory) or x2APIC mode (MSRs).
//
// A kernel that runs without them (nolapic, or a processor that has none) touches no register, and knows one processor only.
// The mode is one for the whole machine, chosen by the boot processor: x2APIC where the processor has it, unless the command
// line refuses it and the boot processor's id allows that. Every other processor follows before it touches a register.
//
// Sources: SDM Vol 3A §10.4 "Local APIC", §10.5 "Handling Local Interrupts", §10.6 "Issuing Interprocessor Interrupts",
// §10.9 "Spurious Interrupt", §10.12 "Extended XAPIC (x2APIC)".
using Commence.Lib;

namespace Commence.Arch.X64;

/// <summary>Local APIC access.</summary>
public static class X64LocalApic
{
    private const uint MsrApicBase = 0x1B;
    private const ulong BaseBootstrap = 1 << 8;
    private const ulong BaseX2Apic = 1 << 10;
    private const ulong BaseEnable = 1 << 11;
    private const ulong BaseAddressMask = 0x000F_FFFF_FFFF_F000;
    private const uint MsrX2ApicFirst = 0x800;
    private const uint MsrXApicDisableStatus = 0xBD;
    private const uint MsrArchCapabilities = 0x10A;
    private const ulong CapabilityXApicDisable = 1 << 21;
    private const uint XApicIdMax = 254;

    // Register offsets in xAPIC mode; in x2APIC mode the MSR is 0x800 + offset / 16. SDM Vol 3A Table 10-1, Table 10-6.
    private const uint RegisterId = 0x20;
    private const uint RegisterVersion = 0x30;
    private const uint RegisterTaskPriority = 0x80;
    private const uint RegisterEndOfInterrupt = 0xB0;
    private const uint RegisterSpurious = 0xF0;
    private const uint RegisterErrorStatus = 0x280;
    private const uint RegisterIcrLow = 0x300;
    private const uint RegisterIcrHigh = 0x310;
    private const uint RegisterLvtMachineCheck = 0x2F0;
    private const uint RegisterLvtTimer = 0x320;
    private const uint RegisterLvtThermal = 0x330;
    private const uint RegisterLvtCounters = 0x340;
    private const uint RegisterLvtLint0 = 0x350;
    private const uint RegisterLvtLint1 = 0x360;
    private const uint RegisterLvtError = 0x370;
    private const uint RegisterTimerInitial = 0x380;
    private const uint RegisterTimerCurrent = 0x390;
    private const uint RegisterTimerDivide = 0x3E0;

    private const uint SpuriousEnable = 1 << 8;
    private const uint LvtMasked = 1 << 16;
    private const uint LvtPeriodic = 1 << 17;
    private const uint LvtDeliveryNmi = 4 << 8;
    private const uint LvtDeliveryExternal = 7 << 8;
    private const uint LvtActiveLow = 1 << 13;
    private const uint TimerDivideBy16 = 3;

    private const uint IcrDeliveryInit = 5 << 8;
    private const uint IcrDeliveryStartup = 6 << 8;
    private const uint IcrDeliveryNmi = 4 << 8;
    private const uint IcrDeliveryPending = 1 << 12;
    private const uint IcrLevelAssert = 1 << 14;
    private const uint IcrTriggerLevel = 1 << 15;

    // Highest LVT entry from which on a register exists. SDM Vol 3A §10.4.8 "Local APIC Version Register", §10.5.1.
    private const uint LvtCountWithError = 3;
    private const uint LvtCountWithCounters = 4;
    private const uint LvtCountWithThermal = 5;
    private const uint LvtCountWithMachineCheck = 6;

    private static bool s_isUsed;     // written once by the boot processor
    private static bool s_isX2Apic;   // written once by the boot processor
    private static uint s_lvtLast;    // highest LVT entry: read by the boot processor, the others are alike
    private static ulong s_registers; // virtual address of the page of registers, xAPIC mode

    /// <summary>Whether the machine's APICs are driven through MSRs.</summary>
    public static bool IsX2Apic => s_isX2Apic;

    /// <summary>Whether the kernel uses local APICs; if not, there is one processor, and no register is touched.</summary>
    public static bool IsUsed => s_isUsed;

    /// <summary>Whether CPUID reports a local APIC at all.</summary>
    public static bool IsPresent => (X64CpuId.Read(1).Edx & (1 << 9)) != 0;

    /// <summary>Where the registers are, in xAPIC mode.</summary>
    public static PhysAddr RegisterBase => new(X64Instructions.ReadMsr(MsrApicBase) & BaseAddressMask);

    /// <summary>Whether the calling processor is the one that the hardware chose to boot.</summary>
    public static bool IsBootProcessor => (X64Instructions.ReadMsr(MsrApicBase) & BaseBootstrap) != 0;

    /// <summary>The calling processor's own id, from the APIC itself: CPUID leaf 1 holds eight bits only.</summary>
    /// <remarks>Where local APICs are not used, CPUID is all there is.</remarks>
    public static ApicId Id => new(!s_isUsed ? X64CpuId.Read(1).Ebx >> 24 : s_isX2Apic ? Read(RegisterId) : Read(RegisterId) >> 24);

    /// <summary>Version register: bits 0–7 version, 16–23 highest LVT entry.</summary>
    public static uint Version => Read(RegisterVersion);

    /// <summary>Chooses the mode and enables the boot processor's APIC.</summary>
    /// <param name="registers">The page of registers as mapped for the kernel.</param>
    /// <param name="wantsX2Apic">Whether to switch to x2APIC mode where the firmware has not.</param>
    /// <remarks>Context: early boot. IRQs: off.</remarks>
    public static void InitialiseBootProcessor(VirtAddr registers, bool wantsX2Apic)
    {
        s_isUsed = true;
        s_registers = registers.Value;
        bool isOn = (X64Instructions.ReadMsr(MsrApicBase) & BaseX2Apic) != 0;
        s_isX2Apic = isOn ? wantsX2Apic || !CanLeaveX2Apic : wantsX2Apic && X64CpuId.HasX2Apic;
        EnableOnThisCpu();
    }

    /// <summary>Switches the boot processor's APIC off, if there is one: the 8259s' interrupts come straight to the processor.</summary>
    /// <remarks>Context: early boot. IRQs: off. There is no way back without a reset (SDM Vol 3A §10.4.3).</remarks>
    public static void LeaveOff()
    {
        if (IsPresent)
            X64Instructions.WriteMsr(MsrApicBase, X64Instructions.ReadMsr(MsrApicBase) & ~(BaseEnable | BaseX2Apic));
    }

    /// <summary>Connects the boot processor's NMI, as firmware has wired it.</summary>
    /// <param name="input">LINT0 or LINT1.</param>
    /// <param name="isActiveLow">The line's polarity.</param>
    /// <remarks>Context: early boot. IRQs: off.</remarks>
    public static void ConnectNmi(int input, bool isActiveLow) =>
        Write(RegisterOfInput(input), LvtDeliveryNmi | (isActiveLow ? LvtActiveLow : 0));

    /// <summary>Lets the 8259s interrupt the boot processor ("virtual wire mode", MP Spec 1.4 §3.6.2.2).</summary>
    /// <param name="input">LINT0 or LINT1, to which their output is wired.</param>
    /// <remarks>Context: early boot. IRQs: off.</remarks>
    public static void ConnectLegacyController(int input) => Write(RegisterOfInput(input), LvtDeliveryExternal);

    private static uint RegisterOfInput(int input) => input == 0 ? RegisterLvtLint0 : RegisterLvtLint1;

    // Not with an id that eight bits do not hold, nor where the hardware keeps the old mode locked away
    // (SDM Vol 4, IA32_XAPIC_DISABLE_STATUS: there if IA32_ARCH_CAPABILITIES says so).
    private static bool CanLeaveX2Apic
    {
        get
        {
            uint id = (uint)X64Instructions.ReadMsr(MsrX2ApicFirst + (RegisterId >> 4));
            bool hasCapabilities = (X64CpuId.Read(7).Edx & (1 << 29)) != 0;
            bool hasLock = hasCapabilities && (X64Instructions.ReadMsr(MsrArchCapabilities) & CapabilityXApicDisable) != 0;
            bool isLocked = hasLock && (X64Instructions.ReadMsr(MsrXApicDisableStatus) & 1) != 0;
            return id <= XApicIdMax && !isLocked;
        }
    }

    /// <summary>Gives the registers' place after the page tables changed.</summary>
    public static void MoveRegisters(VirtAddr registers) => s_registers = registers.Value;

    /// <summary>Enables the calling processor's APIC with all its local lines masked, but for errors.</summary>
    /// <remarks>Context: early boot, AP call-in. IRQs: off.</remarks>
    public static void EnableOnThisCpu()
    {
        SetMode();
        Write(RegisterTaskPriority, 0); // take every vector
        Write(RegisterSpurious, SpuriousEnable | X64Vectors.Spurious);
        s_lvtLast = Version >> 16 & 0xFF;
        MaskLocalLines(s_lvtLast);
        ReadAndClearErrors(); // of the firmware's time
        EnableErrorInterrupt();
    }

    /// <summary>Enables the APIC of a processor that has just been reset by INIT.</summary>
    /// <remarks>Context: AP call-in. IRQs: off. After INIT every local line is masked, the task priority is 0 and no error is noted
    /// (SDM Vol 3A §10.4.7.3, Local APIC State After an INIT Reset); under emulation each register costs a lock that all share.</remarks>
    internal static void EnableAfterReset()
    {
        SetMode();
        Write(RegisterSpurious, SpuriousEnable | X64Vectors.Spurious);
        EnableErrorInterrupt();
    }

    private static void EnableErrorInterrupt()
    {
        if (s_lvtLast >= LvtCountWithError)
            Write(RegisterLvtError, X64Vectors.ApicError);
    }

    private static void SetMode()
    {
        ulong apicBase = X64Instructions.ReadMsr(MsrApicBase) | BaseEnable;
        if (!s_isX2Apic && (apicBase & BaseX2Apic) != 0)
        {
            // From x2APIC back to xAPIC the way leads through disabled (SDM Vol 3A §10.12.5.1, x2APIC States).
            apicBase &= ~BaseX2Apic;
            X64Instructions.WriteMsr(MsrApicBase, apicBase & ~BaseEnable);
        }

        // Straight from disabled to x2APIC is not allowed: first enabled, then extended (SDM Vol 3A §10.12.5).
        X64Instructions.WriteMsr(MsrApicBase, apicBase);
        if (s_isX2Apic)
            X64Instructions.WriteMsr(MsrApicBase, apicBase | BaseX2Apic);
    }

    // Only those that there are: writing to another is an error of its own.
    private static void MaskLocalLines(uint entries)
    {
        Write(RegisterLvtTimer, LvtMasked);
        Write(RegisterLvtLint0, LvtMasked);
        Write(RegisterLvtLint1, LvtMasked);
        if (entries >= LvtCountWithCounters)
            Write(RegisterLvtCounters, LvtMasked);
        if (entries >= LvtCountWithThermal)
            Write(RegisterLvtThermal, LvtMasked);
        if (entries >= LvtCountWithMachineCheck)
            Write(RegisterLvtMachineCheck, LvtMasked);
    }

    /// <summary>Acknowledges the interrupt being served.</summary>
    public static void EndOfInterrupt() => Write(RegisterEndOfInterrupt, 0);

    /// <summary>The error status register, cleared by the read.</summary>
    /// <remarks>It shows what happened up to the last write, so a write comes first (SDM Vol 3A §10.5.3).</remarks>
    public static uint ReadAndClearErrors()
    {
        Write(RegisterErrorStatus, 0);
        return Read(RegisterErrorStatus);
    }

    /// <summary>Starts the timer: an interrupt every <paramref name="count"/> ticks of the divided bus clock.</summary>
    public static void StartPeriodicTimer(uint count)
    {
        Write(RegisterTimerDivide, TimerDivideBy16);
        Write(RegisterLvtTimer, LvtPeriodic | X64Vectors.LocalTimer);
        Write(RegisterTimerInitial, count);
    }

    /// <summary>Stops the timer.</summary>
    public static void StopTimer()
    {
        Write(RegisterLvtTimer, LvtMasked);
        Write(RegisterTimerInitial, 0);
    }

    /// <summary>Lets the timer count down from the top without interrupts, to be compared with another clock.</summary>
    public static void StartTimerForMeasurement()
    {
        Write(RegisterTimerDivide, TimerDivideBy16);
        Write(RegisterLvtTimer, LvtMasked);
        Write(RegisterTimerInitial, uint.MaxValue);
    }

    /// <summary>Ticks since <see cref="StartTimerForMeasurement"/>.</summary>
    public static uint TimerTicksElapsed => uint.MaxValue - Read(RegisterTimerCurrent);

    /// <summary>Sends a fixed interrupt to one processor.</summary>
    /// <remarks>Context: any but NMI. The caller keeps interrupts off between the halves of the command (xAPIC).</remarks>
    public static void SendVector(ApicId to, int vector) => SendCommand(to, (uint)vector);

    /// <summary>Sends an NMI to one processor.</summary>
    public static void SendNmi(ApicId to) => SendCommand(to, IcrDeliveryNmi);

    /// <summary>Sends INIT to one processor: it stops and waits for a start-up message.</summary>
    public static void SendInit(ApicId to) => SendCommand(to, IcrDeliveryInit | IcrLevelAssert | IcrTriggerLevel);

    /// <summary>Ends the INIT level (P6 and later ignore it; older ones need it).</summary>
    public static void SendInitDeassert(ApicId to) => SendCommand(to, IcrDeliveryInit | IcrTriggerLevel);

    /// <summary>Sends a start-up message: the processor begins in real mode at <paramref name="page"/> × 4096.</summary>
    public static void SendStartup(ApicId to, byte page) => SendCommand(to, IcrDeliveryStartup | page);

    /// <summary>Whether the last message has left the APIC. x2APIC has no such bit: always true.</summary>
    public static bool IsDelivered => s_isX2Apic || (Read(RegisterIcrLow) & IcrDeliveryPending) == 0;

    private static void SendCommand(ApicId to, uint command)
    {
        Misuse.On(!s_isUsed); // there is nobody to send to
        if (s_isX2Apic)
        {
            // The MSR write is not ordered after earlier stores: what the receiver will read must be visible first
            // (SDM Vol 3A §10.12.3, MSR Access in x2APIC Mode).
            Interlocked.MemoryBarrier();
            X64Instructions.WriteMsr(MsrX2ApicFirst + (RegisterIcrLow >> 4), ((ulong)to.Value << 32) | command);
            return;
        }

        // One command register: the message before must have left it. Bounded, since a stuck bit must not hang the kernel.
        for (int spins = 0; !IsDelivered && spins < DeliverySpinsMax; spins++)
            X64Instructions.Pause();
        Write(RegisterIcrHigh, to.Value << 24);
        Write(RegisterIcrLow, command);
    }

    /// <summary>Polls of the delivery status before a message is sent all the same; tens of milliseconds on any machine.</summary>
    private const int DeliverySpinsMax = 1_000_000;

    private static uint Read(uint register)
    {
        if (s_isX2Apic)
            return (uint)X64Instructions.ReadMsr(MsrX2ApicFirst + (register >> 4));
        return Volatile.Read(ref Register(register));
    }

    private static void Write(uint register, uint value)
    {
        if (s_isX2Apic)
        {
            X64Instructions.WriteMsr(MsrX2ApicFirst + (register >> 4), value);
            return;
        }

        Volatile.Write(ref Register(register), value);
    }

    private static ref uint Register(uint offset)
    {
        // SAFETY: the page of registers is mapped for the kernel's whole life; registers are 32 bits wide and aligned to 16.
        unsafe
        {
            return ref *(uint*)(s_registers + offset);
        }
    }
}

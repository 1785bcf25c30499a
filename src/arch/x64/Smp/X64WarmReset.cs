// The way in which processors without a start-up message begin: INIT makes them run the firmware's reset code, which reads
// a shutdown code from CMOS and, if that says so, jumps to the address at 40:67. So there is one address for all: such
// processors are started one at a time.
//
// Processors with an integrated APIC (version 10h and above) take a start-up message and need none of this; where both
// are set up, as here in serial bring-up, they do no harm.
//
// Source: MP Spec 1.4 §B.4 "Application Processor Startup"; appendix B.5 "AP Shutdown Handling" (code 0Ah: jump to 40:67).
using System.Threading;

namespace Commence.Arch.X64;

/// <summary>Warm-reset vector and shutdown code.</summary>
internal static class X64WarmReset
{
    private const ushort CmosIndex = 0x70;
    private const ushort CmosData = 0x71;
    private const byte ShutdownCode = 0x0F;
    private const byte JumpToVector = 0x0A;
    private const byte NormalReset = 0x00;
    private const ulong VectorOffset = 0x467;  // 40:67, offset; the segment follows
    private const int SegmentShift = 4;
    private const uint IntegratedApicFirst = 0x10;

    /// <summary>Whether processors of this machine need it: their APIC is a chip of its own (82489DX).</summary>
    /// <remarks>Source: SDM Vol 3A §10.4.8, Local APIC Version Register: 0Xh is the 82489DX.</remarks>
    internal static bool IsNeeded => (X64LocalApic.Version & 0xFF) < IntegratedApicFirst;

    /// <summary>Makes the next warm reset begin at a page.</summary>
    internal static void Arm(Pfn page)
    {
        // Segment first: a reset in between must not find half of it with the code set.
        SetVector((uint)(page.Address.Value >> SegmentShift) << 16);
        Interlocked.MemoryBarrier();
        WriteShutdownCode(JumpToVector);
    }

    /// <summary>Makes resets what they were.</summary>
    internal static void Disarm()
    {
        WriteShutdownCode(NormalReset);
        SetVector(0);
    }

    private static void WriteShutdownCode(byte code)
    {
        X64Ports.Write8(CmosIndex, ShutdownCode);
        X64Ports.Write8(CmosData, code);
    }

    private static void SetVector(uint segmentAndOffset)
    {
        // SAFETY: the BIOS data area is memory on every PC, it is reserved for ever, and the direct map shows it. The dword
        // is not aligned, which x86 allows.
        unsafe
        {
            *(uint*)X64Memory.ToVirtual(new PhysAddr(VectorOffset)).Value = segmentAndOffset;
        }
    }
}

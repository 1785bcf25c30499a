// The processor's floating-point and vector state of user programs.
// Source: SDM Vol 1 §13 "Managing State Using the XSAVE Feature Set", §10.5 "FXSAVE and FXRSTOR"; Vol 3A §2.5 "Control Registers".
using System.Buffers.Binary;

namespace Commence.Arch.X64;

internal static class X64Fpu
{
    private const ulong Cr0MonitorCoprocessor = 1 << 1;
    private const ulong Cr0Emulation = 1 << 2;
    private const ulong Cr0TaskSwitched = 1 << 3;
    private const ulong Cr0NumericError = 1 << 5;
    private const ulong Cr4Osfxsr = 1 << 9;
    private const ulong Cr4Osxmmexcpt = 1 << 10;
    private const ulong Cr4Osxsave = 1 << 18;

    // XCR0: x87, SSE, AVX, AVX-512 (three parts). Others (MPX, AMX) are not offered to programs.
    private const ulong X87AndSse = 0x3;
    private const ulong Avx = 0x4;
    private const ulong Avx512 = 0xE0;

    private const int LegacyAreaBytes = 512;
    private const int ControlWordOffset = 0;
    private const int MxcsrOffset = 24;
    private const int MxcsrMaskOffset = 28;
    private const int HeaderBytes = 64;
    private const uint DefaultMxcsrMask = 0xFFBF; // SDM Vol 1 §11.6.6
    private const ushort InitialControlWord = 0x37F; // all x87 exceptions masked, 64-bit precision
    private const uint InitialMxcsr = 0x1F80;         // all SSE exceptions masked

    // Written by the boot processor before the others start; every processor loads the same XCR0.
    private static ulong s_mask;
    private static int s_areaSizeBytes;
    private static uint s_useXsave;

    /// <summary>Bytes of one thread's state; a multiple of 64.</summary>
    internal static int AreaSizeBytes => s_areaSizeBytes;

    /// <summary>The state components that are saved, as XCR0 numbers them.</summary>
    internal static ulong Mask => s_mask;

    /// <summary>States are in XSAVE's format, not FXSAVE's.</summary>
    internal static bool HasXsave => s_useXsave != 0;

    /// <summary>What CR4 has to say before <see cref="EnableOnThisCpu"/>.</summary>
    internal static ulong ControlBits => Cr4Osfxsr | Cr4Osxmmexcpt | (X64CpuId.HasXsave ? Cr4Osxsave : 0);

    /// <summary>Enables the units on the calling processor; the boot processor also chooses what is saved.</summary>
    internal static void EnableOnThisCpu()
    {
        ulong cr0 = X64Instructions.ReadCr0();
        ulong wanted = (cr0 & ~(Cr0Emulation | Cr0TaskSwitched)) | Cr0MonitorCoprocessor | Cr0NumericError;
        if (cr0 != wanted)
            X64Instructions.WriteCr0(wanted);

        bool hasXsave = (X64Instructions.ReadCr4() & Cr4Osxsave) != 0;
        if (s_areaSizeBytes == 0)
            Choose(hasXsave);
        if (hasXsave)
            X64Instructions.WriteXcr0(s_mask);
    }

    private static void Choose(bool hasXsave)
    {
        if (!hasXsave)
        {
            s_mask = X87AndSse;
            s_areaSizeBytes = LegacyAreaBytes;
            return;
        }

        // CPUID 0xD: EDX:EAX is what XCR0 may hold; EBX the size for what it holds now.
        X64CpuId.Leaf supported = X64CpuId.Read(0xD, 0);
        s_mask = X87AndSse | (supported.Eax & Avx);
        if ((supported.Eax & (Avx | Avx512)) == (Avx | Avx512))
            s_mask |= Avx512;

        X64Instructions.WriteXcr0(s_mask);
        s_areaSizeBytes = (int)(X64CpuId.Read(0xD, 0).Ebx + 63) & ~63;
        s_useXsave = 1;
    }

    /// <summary>Writes the state that a new program starts with.</summary>
    /// <param name="area"><see cref="AreaSizeBytes"/> bytes, 64-byte aligned.</param>
    /// <remarks>With XSAVE an all-zero header means "initial"; MXCSR is loaded from the area all the same (SDM Vol 1 §13.8,
    /// Operation of XRSTOR).</remarks>
    internal static void Initialise(Span<byte> area)
    {
        area.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(area[ControlWordOffset..], InitialControlWord);
        BinaryPrimitives.WriteUInt32LittleEndian(area[MxcsrOffset..], InitialMxcsr);
    }

    /// <summary>Makes a state that a program may have forged one that can be loaded.</summary>
    /// <param name="area"><see cref="AreaSizeBytes"/> bytes.</param>
    /// <param name="mxcsrMask">Bits that MXCSR may have, as FXSAVE reports them; 0 stands for the default.</param>
    /// <param name="isExtended">The XSAVE header is meant; else only the FXSAVE part.</param>
    /// <remarks>SDM Vol 1 §13.8.1, Standard Form of XRSTOR: reserved bits of MXCSR, bits of XSTATE_BV beyond XCR0, and the rest
    /// of the header must be zero, or the load faults.</remarks>
    internal static void Sanitise(Span<byte> area, uint mxcsrMask, bool isExtended)
    {
        Span<byte> mxcsr = area[MxcsrOffset..];
        uint allowed = mxcsrMask != 0 ? mxcsrMask : DefaultMxcsrMask;
        BinaryPrimitives.WriteUInt32LittleEndian(mxcsr, BinaryPrimitives.ReadUInt32LittleEndian(mxcsr) & allowed);
        if (s_useXsave == 0)
            return;

        Span<byte> header = area.Slice(LegacyAreaBytes, HeaderBytes);
        ulong components = isExtended ? BinaryPrimitives.ReadUInt64LittleEndian(header) & s_mask : X87AndSse;
        header.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, components);
    }

    /// <summary>Bits that MXCSR may have on this processor, from a saved state.</summary>
    internal static uint MxcsrMask(ReadOnlySpan<byte> area) => BinaryPrimitives.ReadUInt32LittleEndian(area[MxcsrMaskOffset..]);

    /// <param name="area">First of <see cref="AreaSizeBytes"/> bytes.</param>
    internal static void Save(ref byte area) => X64Instructions.SaveFpu(ref area, s_mask, s_useXsave);

    /// <inheritdoc cref="Save"/>
    internal static void Restore(ref readonly byte area) => X64Instructions.RestoreFpu(in area, s_mask, s_useXsave);
}

// Features that are switched on in each processor's control registers before it runs anything else.
// Source: SDM Vol 3A §2.5 "Control Registers".
namespace Commence.Arch.X64;

/// <summary>Protections and units that every processor enables in the same way.</summary>
public static class X64Features
{
    private const ulong Cr4GlobalPages = 1 << 7;
    private const ulong Cr4Umip = 1 << 11;
    private const ulong Cr4Smep = 1 << 20;

    /// <summary>Enables floating point for programs, global pages, and what keeps the kernel from running or reading user pages by mistake.</summary>
    /// <remarks>Context: early boot, AP call-in.</remarks>
    public static void EnableOnThisCpu()
    {
        // One write: each flushes the TLB.
        X64CpuId.Leaf extended = X64CpuId.Read(7);
        ulong cr4 = X64Instructions.ReadCr4() | Cr4GlobalPages | X64Fpu.ControlBits;
        if (X64CpuId.IsSmep(in extended))
            cr4 |= Cr4Smep;
        if (X64CpuId.IsUmip(in extended))
            cr4 |= Cr4Umip;
        if (X64CpuId.IsSmap(in extended))
            cr4 |= X64UserCopy.PrepareSmap();
        X64Instructions.WriteCr4(cr4);
        X64Fpu.EnableOnThisCpu();
    }
}

// What an instruction is, as far as the rules care; worked out once per instruction code, since the decoder's tables are slow to ask.
using System;
using Iced.Intel;

namespace Commence.ImageTool.Checks;

/// <summary>Properties of an instruction code.</summary>
[Flags]
internal enum InstructionKinds : byte
{
    None = 0,

    /// <summary>Not yet worked out is 0, so every known code has this one.</summary>
    Known = 1,

    /// <summary>Uses the vector registers, perhaps without naming them.</summary>
    Simd = 2,

    /// <summary>VEX, EVEX or another encoding of AVX and later.</summary>
    Vex = 4,

    /// <summary>x87 or MMX.</summary>
    FloatingPointUnit = 8,

    /// <summary>Privileged, a system call, or a software interrupt.</summary>
    Privileged = 16,

    /// <summary>Does something beside changing general registers and flags, wherever its operands are.</summary>
    Effect = 32,

    /// <summary>Changes no general register (compares, tests, does nothing).</summary>
    ReadsOnly = 64,
}

/// <summary>The kinds of all instruction codes.</summary>
/// <remarks>Threads may work out the same entry twice; they write the same byte.</remarks>
internal static class InstructionTable
{
    private const int CodeCountMax = 8192; // Iced 1.22 knows 4,936

    private static readonly byte[] s_kinds = new byte[CodeCountMax];

    /// <summary>The kinds of <paramref name="code"/>.</summary>
    public static InstructionKinds Of(Code code)
    {
        InstructionKinds kinds = (InstructionKinds)s_kinds[(int)code];
        if (kinds == InstructionKinds.None)
        {
            kinds = WorkOut(code) | InstructionKinds.Known;
            s_kinds[(int)code] = (byte)kinds;
        }
        return kinds;
    }

    private static InstructionKinds WorkOut(Code code)
    {
        InstructionKinds kinds = InstructionKinds.None;
        if (code.Encoding() != EncodingKind.Legacy)
            kinds |= InstructionKinds.Vex;
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or CpuidFeature.MMX or CpuidFeature.FPU287XL_ONLY)
                kinds |= InstructionKinds.FloatingPointUnit;
            else if (feature is CpuidFeature.SSE or CpuidFeature.SSE2 or CpuidFeature.SSE3 or CpuidFeature.SSSE3 or CpuidFeature.SSE4_1 or CpuidFeature.SSE4_2
                or CpuidFeature.AES or CpuidFeature.PCLMULQDQ or CpuidFeature.SHA or CpuidFeature.GFNI)
                kinds |= InstructionKinds.Simd;
        }

        Mnemonic mnemonic = code.Mnemonic();
        if (code.IsPrivileged() || mnemonic is Mnemonic.Syscall or Mnemonic.Sysenter or Mnemonic.Int or Mnemonic.Int1 or Mnemonic.Into)
            kinds |= InstructionKinds.Privileged;
        if (kinds != InstructionKinds.None || code.IsStringInstruction() || code.IsStackInstruction() || code.FlowControl() != FlowControl.Next ||
            mnemonic is Mnemonic.Pause or Mnemonic.Hlt or Mnemonic.Rdtsc or Mnemonic.Rdtscp or Mnemonic.Cpuid or Mnemonic.Rdrand or Mnemonic.Rdseed
                or Mnemonic.Mfence or Mnemonic.Lfence or Mnemonic.Sfence)
            kinds |= InstructionKinds.Effect;
        if (mnemonic is Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Nop)
            kinds |= InstructionKinds.ReadsOnly;
        return kinds;
    }
}

// What is done against speculative-execution attacks, on each processor. What and why is decided in firmware/X86/SpeculationPlan.cs.
//
// The boot processor chooses before the others start (check_bugs); they carry out the same when they enable their units.
// Afterwards everything here is only read.
using System.Runtime;
using System.Runtime.CompilerServices;
using Commence.Firmware.Cpus;
using Commence.Firmware.X86;

namespace Commence.Arch.X64;

/// <summary>Mitigations of the calling processor.</summary>
internal static class X64Speculation
{
    private const uint MsrSpeculationControl = 0x48; // IA32_SPEC_CTRL
    private const uint MsrPredictorCommand = 0x49;   // IA32_PRED_CMD
    private const uint MsrEfer = 0xC0000080;
    private const ulong BranchBarrier = 1;           // IA32_PRED_CMD.IBPB
    private const ulong EferAutomaticIbrs = 1 << 21;

    private static SpeculationState s_state;
    private static bool s_hasBranchBarrier; // a copy: read at each switch

    /// <summary>Weaknesses, and what is done.</summary>
    internal static ref readonly SpeculationState State => ref s_state;

    /// <summary>Finds weaknesses, chooses, and carries it out on the boot processor.</summary>
    internal static void Choose(in CpuTraits boot, in CheckBugsOptions options, bool hasThreads)
    {
        SpeculationWishes wishes = new() { IsOff = options.IsOff, DisablesStoreBypass = options.DisablesStoreBypass };
        SpeculationBugs bugs = SpeculationBugFinder.Find(in boot);
        uint physicalBits = boot[(int)TraitWord.AddressSizes] & 0xFF;
        s_state = new SpeculationState
        {
            Bugs = bugs,
            Plan = SpeculationPlan.Choose(bugs, in boot, in wishes),
            Traits = boot,
            HasThreads = hasThreads,
            IsMemoryBelowHalf = physicalBits is > 1 and < 64 && options.MemoryEnd.Value <= 1ul << (int)(physicalBits - 1),
        };
        s_hasBranchBarrier = s_state.Plan.HasBranchBarrier;
        if (s_state.Plan.ClearsBuffers)
            ClearBuffersOnExit();
        EnableOnThisCpu();
    }

    /// <summary>Carries out what was chosen; nothing, before that.</summary>
    /// <remarks>Context: early boot, AP call-in.</remarks>
    internal static void EnableOnThisCpu()
    {
        SpeculationPlan plan = s_state.Plan;
        if (plan.SpeculationControl != 0)
            X64Instructions.WriteMsr(MsrSpeculationControl, plan.SpeculationControl);
        if (plan.HasAutomaticIbrs)
            X64Instructions.WriteMsr(MsrEfer, X64Instructions.ReadMsr(MsrEfer) | EferAutomaticIbrs);
    }

    /// <summary>Another program's address space comes: forgets branches, if that was chosen.</summary>
    /// <remarks>Context: scheduler. IRQs: off.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void OnSwitch()
    {
        if (s_hasBranchBarrier)
            X64Instructions.WriteMsr(MsrPredictorCommand, BranchBarrier);
    }

    // From now on each return to user mode overwrites the processor's buffers (Traps.S).
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_clear_buffers_on_exit")]
    private static extern void ClearBuffersOnExit();
}

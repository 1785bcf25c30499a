// The life of a processor at boot. Each arrow is one atomic store; who makes it stands beside it.
//
//   Absent ─BSP─▶ Prepared ─BSP─▶ Kicked ─AP─▶ Alive ─gate─▶ Commenced ─AP─▶ Online
//                                    │           │            │
//                                    └───BSP─────┴────BSP─────┴──▶ NotResponding, Stuck, Failed ─BSP─▶ Prepared
//
// Gate: the AP itself while the gate is open, else the BSP (SmpBoot.cs). The last arrow: a processor with a verdict, or one that
// was left out at boot, is brought in later (SmpInit.BringUpLater).
//
// A verdict and a late call-in race for the same word: exactly one compare-and-swap wins. A processor that loses finds
// the verdict instead of Kicked and parks itself.
namespace Commence.Smp;

/// <summary>State of one processor.</summary>
public enum ProcessorState : uint
{
    /// <summary>Listed, nothing done yet.</summary>
    Absent = 0,

    /// <summary>Its memory is ready: area, stacks, idle task, boot page.</summary>
    Prepared,

    /// <summary>It was sent its start message.</summary>
    Kicked,

    /// <summary>It called in: traps and interrupt controller are up; it waits, unless the gate is open.</summary>
    Alive,

    /// <summary>It may go on to its idle task.</summary>
    Commenced,

    /// <summary>It schedules.</summary>
    Online,

    /// <summary>Verdict: none of its instructions was seen to run.</summary>
    NotResponding,

    /// <summary>Verdict: its trampoline began, and it never called in.</summary>
    Stuck,

    /// <summary>Verdict: it could not be prepared, or it refused.</summary>
    Failed,
}

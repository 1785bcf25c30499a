// The timers of PC machines, in the order in which they are asked for the time: first counters that can be read at any moment,
// since a busy host that stops the virtual processor does no harm to those; then what must be waited for.
using Commence.Drivers.Timer;
using Commence.Time;

namespace Commence.Image;

/// <summary>Reference clocks and clock sources of the machine.</summary>
internal static class PcClocks
{
    private static PitReference? s_pit;
    private static HpetReference? s_hpet;
    private static PmTimerReference? s_pmTimer;
    private static CmosReference? s_cmos;

    /// <summary>Looks for those that can be the clock, and registers them.</summary>
    internal static void Find()
    {
        s_pit = new PitReference();
        s_hpet = new HpetReference();
        s_pmTimer = new PmTimerReference();
        s_cmos = new CmosReference();
        Register(s_hpet);
        Register(s_pmTimer);
    }

    /// <summary>The reference clocks.</summary>
    internal static ReferenceClock? Get(int index) => index switch
    {
        0 => s_hpet,
        1 => s_pmTimer,
        2 => s_pit,
        3 => s_cmos,
        _ => null,
    };

    private static void Register(FoundCounter candidate)
    {
        if (candidate.Absence.IsEmpty)
            ClockSources.Register(candidate.Counter!);
    }
}

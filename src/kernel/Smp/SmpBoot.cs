// Starting all processors at once, with an end to every wait and a verdict for each that does not come.
//
//   time      to                     what
//   0         all                    INIT, ResetDelay (none on recent processors), SIPI
//   200 µs    those never seen       SIPI again: hypervisors and SMM are known to lose the first
//   100 ms    those never seen       INIT, 10 ms, SIPI: what the oldest processors want
//   …         -                      no call-in for 1 s, or 10 s in all: verdict, and boot goes on with the rest
//
// Why the reset of the third row is safe: it is sent only to a processor whose state word goes back from Kicked to
// Prepared by compare-and-swap. One that calls in at that moment loses the swap or we do; if it loses, it parks until the
// reset reaches it; if we lose, it is alive and no reset is sent.
//
// Invariant: when BringUp returns, every target is Alive or has a verdict, and a processor with a verdict never takes part.
//
// Source: MP Spec 1.4 §B.4 "Application Processor Startup"; SDM Vol 3A §8.4.4.1 "Typical BSP Initialization Sequence".
using Commence.Arch;
using Commence.Lib;

namespace Commence.Smp;

/// <summary>The bring-up protocol (Linux: <c>smp_boot_cpus</c>, <c>smp_callin</c>, <c>smp_commence</c>).</summary>
/// <typeparam name="TMachine">The machine; a struct, so that calls are direct.</typeparam>
public ref struct SmpBoot<TMachine>
    where TMachine : struct, ISmpMachine
{
    private const ulong Microsecond = 1_000;
    private const ulong Millisecond = 1_000_000;

    private const ulong ResendAfter = 200 * Microsecond;
    private const ulong EscalateAfter = 100 * Millisecond;
    private const ulong EscalatedResetDelay = 10 * Millisecond;

    /// <summary>No processor came for this long: those that are missing will not come. On a machine whose processors
    /// share few real ones they come late, but they keep coming.</summary>
    public const ulong QuietMax = 1_000 * Millisecond;

    /// <summary>Whatever happens, bring-up ends after this.</summary>
    public const ulong TotalMax = 10_000 * Millisecond;

    private TMachine _machine;
    private CpuMask _waiting; // kicked and not seen alive yet

    public SmpBoot(TMachine machine)
    {
        _machine = machine;
        _waiting = default;
    }

    /// <summary>Starts the prepared processors in <paramref name="targets"/> and waits until each has called in or has a verdict.</summary>
    /// <returns>Those that called in.</returns>
    /// <remarks>Context: thread or early boot. Fails: never; the verdicts are in the state words.</remarks>
    public CpuMask BringUp(in CpuMask targets)
    {
        CpuMask alive = targets;
        _waiting = targets;
        ulong begin = Now;

        KickAll();
        WatchUntil(begin + ResendAfter);
        StartSilent();
        WatchUntil(begin + EscalateAfter);
        if (!_waiting.IsEmpty)
            EscalateSilent();
        WatchUntilQuiet(begin);
        Judge();

        alive.ExceptWith(in _waiting);
        return alive;
    }

    /// <summary>Lets the processors in <paramref name="alive"/> go on and waits until they are online or have a verdict.</summary>
    /// <returns>Those that are online.</returns>
    public CpuMask Commence(in CpuMask alive)
    {
        CpuMask online = alive;
        _waiting = alive;
        ulong begin = Now;
        foreach (CpuId cpu in alive)
        {
            if (_machine.TryAdvance(cpu, ProcessorState.Alive, ProcessorState.Commenced))
                _machine.Wake(cpu);
        }

        WatchUntilQuiet(begin);
        foreach (CpuId cpu in _waiting)
            _machine.TryAdvance(cpu, ProcessorState.Commenced, ProcessorState.Stuck);
        online.ExceptWith(in _waiting);
        return online;
    }

    private ulong Now => _machine.Now.Value;

    private void KickAll()
    {
        CpuMask targets = _waiting;
        foreach (CpuId cpu in targets)
        {
            // Kicked before the message: the processor may call in before the next instruction here.
            if (_machine.TryAdvance(cpu, ProcessorState.Prepared, ProcessorState.Kicked))
                _machine.Reset(cpu);
            else
                _waiting.Remove(cpu);
        }

        ReleaseAll(_machine.ResetDelay.Value);
    }

    private void ReleaseAll(ulong resetDelay)
    {
        CpuMask targets = _waiting;
        if (resetDelay != 0)
        {
            WaitFor(resetDelay);
            foreach (CpuId cpu in targets)
                _machine.EndReset(cpu);
        }

        foreach (CpuId cpu in targets)
            _machine.Start(cpu);
    }

    private void StartSilent()
    {
        CpuMask waiting = _waiting;
        foreach (CpuId cpu in waiting)
        {
            // A processor that already runs ignores a start message (SDM Vol 3A §8.4.4.1).
            if (_machine.ReadStage(cpu) == BootStage.None)
                _machine.Start(cpu);
        }
    }

    private void EscalateSilent()
    {
        CpuMask all = _waiting;
        CpuMask silent = default;
        foreach (CpuId cpu in all)
        {
            if (_machine.ReadStage(cpu) != BootStage.None)
                continue;
            if (!_machine.TryAdvance(cpu, ProcessorState.Kicked, ProcessorState.Prepared))
                continue; // it called in just now
            silent.Add(cpu);
        }

        foreach (CpuId cpu in silent)
        {
            _machine.Reset(cpu);
            _machine.TryAdvance(cpu, ProcessorState.Prepared, ProcessorState.Kicked);
        }

        _waiting = silent;
        if (!silent.IsEmpty)
            ReleaseAll(EscalatedResetDelay);
        _waiting = all;
        WatchUntil(Now + ResendAfter);
        StartSilent();
    }

    // Watches until the time is up or nobody is missing.
    private void WatchUntil(ulong end)
    {
        while (!_waiting.IsEmpty && Now < end)
        {
            Collect();
            _machine.Relax();
        }
    }

    private void WatchUntilQuiet(ulong begin)
    {
        ulong lastCame = Now;
        while (!_waiting.IsEmpty)
        {
            ulong now = Now;
            if (Collect())
                lastCame = now;
            if (now - lastCame > QuietMax || now - begin > TotalMax)
                return;
            _machine.Relax();
        }
    }

    // Takes those that came off the list of those awaited.
    private bool Collect()
    {
        bool any = false;
        CpuMask waiting = _waiting;
        foreach (CpuId cpu in waiting)
        {
            if (!HasArrived(_machine.ReadState(cpu)))
                continue;
            _waiting.Remove(cpu);
            any = true;
        }

        return any;
    }

    // In the first wait processors go from Kicked to Alive, in the second from Commenced to Online.
    private static bool HasArrived(ProcessorState state) => state is ProcessorState.Alive or ProcessorState.Online;

    private void Judge()
    {
        CpuMask missing = _waiting;
        foreach (CpuId cpu in missing)
        {
            ProcessorState verdict = _machine.ReadStage(cpu) == BootStage.None
                ? ProcessorState.NotResponding
                : ProcessorState.Stuck;
            if (!_machine.TryAdvance(cpu, ProcessorState.Kicked, verdict))
                _waiting.Remove(cpu); // it called in after all, before the verdict
        }
    }

    private void WaitFor(ulong nanoseconds)
    {
        ulong end = Now + nanoseconds;
        while (Now < end)
            _machine.Relax();
    }
}

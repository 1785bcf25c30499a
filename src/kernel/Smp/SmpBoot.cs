// Starting all processors at once, with an end to every wait and a verdict for each that does not come.
//
//   when                              to                     what
//   at once                           one after the other    INIT, SIPI; or INIT to all, cpu_init_udelay=, SIPI to all
//   nobody came for ResendAfter       those never seen       SIPI again: hypervisors and SMM are known to lose the first
//   nobody came for 100 ms            those never seen       INIT, 10 ms, SIPI: what the oldest processors want
//   nobody came for 1 s               -                      verdict, and boot goes on with the rest
//   10 s in all                       -                      the same, whoever still comes
//
// Who has called in goes on by itself if the gate is open, and else waits to be let go on. The gate opens when the messages are
// out; where virtual processors share real ones, before, since each halt costs a wake-up, and the first one goes ahead alone:
// the others follow once it idles, or has been silent for 50 ms, or has taken 200 ms. Serial bring-up, the classic one, keeps the
// gate closed. Of those that wait:
//
//   when                              to                     what
//   at once                           all                    the message that wakes them
//   nobody came for ResendAfter       those still missing    the same again, twice
//   nobody came for 5 s               -                      verdict: they were there a moment ago, so patience is longer
//
// Time is counted from the last one that came: on a machine whose processors share few real ones they come late, but they
// keep coming, and messages to them would only delay them.
//
// Processors that know no start message (82489DX) begin where the start vector says as soon as they are reset, so they are
// brought up one at a time, and are Kicked before the INIT.
//
// To all others an INIT is sent only while their state word is Prepared, and the word becomes Kicked right before the SIPI;
// where the processor may be running our code already (escalation, a later try) the INIT has its time before that. So a
// processor that is being reset cannot call in. One that calls in while its escalation begins either loses the
// compare-and-swap from Kicked, and waits until the reset reaches it or it is kicked again, or wins it, and no reset is sent.
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
    private const ulong Millisecond = 1_000_000;

    private const ulong ShortWait = Millisecond / 10;
    private const ulong SilentFirstMax = 50 * Millisecond;
    private const ulong FirstMax = 200 * Millisecond;
    private const ulong EscalateAfter = 100 * Millisecond;
    private const ulong EscalatedResetDelay = 10 * Millisecond;

    /// <summary>No processor came for this long: those that are missing will not come.</summary>
    public const ulong QuietMax = 1_000 * Millisecond;

    /// <summary>The same for processors that had called in.</summary>
    public const ulong QuietOfAliveMax = 5_000 * Millisecond;

    /// <summary>Whatever happens, bring-up ends after this.</summary>
    public const ulong TotalMax = 10_000 * Millisecond;

    /// <summary>What is tried next with those that are silent.</summary>
    private enum Remedy
    {
        Resend,
        Escalate,
        ResendAfterEscalation,
        None,
        Wake,
        WakeAgain,
        NoneForAlive,
    }

    private TMachine _machine;
    private CpuMask _waiting;        // started and not seen yet
    private ProcessorState _awaited; // what they are to become

    public SmpBoot(TMachine machine)
    {
        _machine = machine;
        _waiting = default;
        _awaited = ProcessorState.Alive;
    }

    /// <summary>Starts the prepared processors in <paramref name="targets"/> and waits until each has called in or has a verdict.</summary>
    /// <returns>Those that called in.</returns>
    /// <remarks>Context: thread or early boot. Fails: never; the verdicts are in the state words.</remarks>
    public CpuMask BringUp(in CpuMask targets) =>
        _machine.NeedsStartVector ? BringUpSerially(in targets) : BringUpTogether(in targets, _machine.ResetDelay.Value);

    /// <summary>The same for processors that may be running, wherever an earlier try has left them.</summary>
    /// <inheritdoc cref="BringUp"/>
    public CpuMask BringUpAgain(in CpuMask targets) =>
        _machine.NeedsStartVector ? BringUpSerially(in targets) : BringUpTogether(in targets, EscalatedResetDelay);

    /// <summary>The classic way: one after the other, each waited for before the next (Linux 2.4: <c>smp_boot_cpus</c>).</summary>
    /// <inheritdoc cref="BringUp"/>
    public CpuMask BringUpSerially(in CpuMask targets)
    {
        CpuMask alive = default;
        foreach (CpuId cpu in targets)
        {
            CpuMask one = CpuMask.Of(cpu);
            _machine.SetStartVector(cpu);
            CpuMask came = BringUpTogether(in one, _machine.ResetDelay.Value, isSerial: true);
            alive.UnionWith(in came);
        }

        _machine.ClearStartVector();
        return alive;
    }

    /// <summary>Lets the processors in <paramref name="alive"/> go on and waits until they are online or have a verdict.</summary>
    /// <returns>Those that are online.</returns>
    /// <remarks>Context: thread or early boot. Fails: never.</remarks>
    public CpuMask Commence(in CpuMask alive)
    {
        CpuMask online = alive;
        Await(in alive, ProcessorState.Online);
        _machine.SetGate(isOpen: true);
        foreach (CpuId cpu in alive)
        {
            if (_machine.TryAdvance(cpu, ProcessorState.Alive, ProcessorState.Commenced))
                _machine.Wake(cpu);
        }

        Watch(Remedy.Wake);
        _machine.SetGate(isOpen: false);
        Judge(ProcessorState.Commenced);
        online.ExceptWith(in _waiting);
        return online;
    }

    private ulong Now => _machine.Now.Value;

    private CpuMask BringUpTogether(in CpuMask targets, ulong resetDelay, bool isSerial = false)
    {
        CpuMask alive = targets;
        Await(in targets, ProcessorState.Alive);
        if (resetDelay == 0)
            StartAtOnce(in targets, isGateOpen: _machine.IsShared && !isSerial);
        else
            StartAfterPause(in targets, resetDelay);

        _machine.SetGate(isOpen: !isSerial);
        Watch(Remedy.Resend);
        Judge(ProcessorState.Kicked);
        foreach (CpuId cpu in targets)
        {
            if (!HasCalledIn(_machine.ReadState(cpu)))
                alive.Remove(cpu);
        }

        return alive;
    }

    private static bool HasCalledIn(ProcessorState state) =>
        state is ProcessorState.Alive or ProcessorState.Commenced or ProcessorState.Online;

    private void Await(in CpuMask processors, ProcessorState state)
    {
        _waiting = processors;
        _awaited = state;
        _machine.Expect(state, processors.Count);
    }

    // A processor that knows no start message begins at once: its word must say so before.
    private void Reset(CpuId cpu)
    {
        if (_machine.NeedsStartVector)
            _machine.TryAdvance(cpu, ProcessorState.Prepared, ProcessorState.Kicked);
        _machine.Reset(cpu);
    }

    // Both messages to one processor, then to the next: where processors share few real ones, each wakes up once for both.
    private void StartAtOnce(in CpuMask targets, bool isGateOpen)
    {
        bool goesAhead = isGateOpen && targets.Count > 1;
        _machine.SetGate(isGateOpen);
        foreach (CpuId cpu in targets)
        {
            Reset(cpu);
            Kick(cpu);
            if (goesAhead)
                WaitForFirst(cpu);
            goesAhead = false;
        }
    }

    // What the first one runs an emulator translates, holding locks that all the others would spin on. So it has until it idles,
    // if it is seen to run at all; what is wrong with it is no concern of the others. QEMU's translation of a new page takes
    // longer the more processors there are: 4 ms with 255, and there are a dozen.
    private void WaitForFirst(CpuId cpu)
    {
        ulong begin = Now;
        while (!_machine.HasSettled(cpu))
        {
            ulong now = Now;
            if (now - begin > (_machine.ReadStage(cpu) == BootStage.None ? SilentFirstMax : FirstMax))
                return;
            _machine.Wait(new Nanoseconds(now + ShortWait));
        }
    }

    private void StartAfterPause(in CpuMask targets, ulong resetDelay)
    {
        foreach (CpuId cpu in targets)
            Reset(cpu);
        StartAll(in targets, resetDelay);
    }

    private void StartAll(in CpuMask targets, ulong resetDelay)
    {
        WaitFor(resetDelay);
        foreach (CpuId cpu in targets)
            _machine.EndReset(cpu);
        foreach (CpuId cpu in targets)
            Kick(cpu);
    }

    // Kicked before the message: the processor may call in before the next instruction here.
    private void Kick(CpuId cpu)
    {
        if (_machine.TryAdvance(cpu, ProcessorState.Prepared, ProcessorState.Kicked))
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

    private void WakeMissing()
    {
        CpuMask waiting = _waiting;
        foreach (CpuId cpu in waiting)
            _machine.Wake(cpu);
    }

    private void EscalateSilent()
    {
        CpuMask waiting = _waiting;
        CpuMask silent = default;
        foreach (CpuId cpu in waiting)
        {
            if (_machine.ReadStage(cpu) != BootStage.None)
                continue;
            if (!_machine.TryAdvance(cpu, ProcessorState.Kicked, ProcessorState.Prepared))
                continue; // it called in just now
            silent.Add(cpu);
            Reset(cpu);
        }

        if (!silent.IsEmpty)
            StartAll(in silent, EscalatedResetDelay);
    }

    // Watches until nobody is missing, or those that are missing will not come.
    private void Watch(Remedy remedy)
    {
        ulong begin = Now;
        ulong lastCame = begin;
        while (true)
        {
            bool hasCome = Collect();
            if (_waiting.IsEmpty)
                return;
            ulong now = Now;
            if (hasCome)
                lastCame = now;
            if (now - begin > TotalMax || (IsLast(remedy) && now - lastCame > PatienceFor(remedy)))
                return;

            if (now - lastCame > PatienceFor(remedy))
            {
                if (TryRemedy(remedy))
                    lastCame = Now; // those that were reset get their full time
                remedy++;
            }

            _machine.Wait(new Nanoseconds(lastCame + PatienceFor(remedy)));
        }
    }

    private ulong PatienceFor(Remedy remedy) => remedy switch
    {
        Remedy.Resend or Remedy.ResendAfterEscalation => _machine.ResendAfter.Value,
        Remedy.Wake or Remedy.WakeAgain => _machine.ResendAfter.Value,
        Remedy.Escalate => EscalateAfter,
        Remedy.NoneForAlive => QuietOfAliveMax,
        _ => QuietMax,
    };

    private static bool IsLast(Remedy remedy) => remedy is Remedy.None or Remedy.NoneForAlive;

    // True if the processors were reset.
    private bool TryRemedy(Remedy remedy)
    {
        if (remedy == Remedy.Escalate)
        {
            EscalateSilent();
            return true;
        }

        if (remedy is Remedy.Wake or Remedy.WakeAgain)
            WakeMissing();
        else
            StartSilent();
        return false;
    }

    // Takes those that came off the list of those awaited.
    private bool Collect()
    {
        bool hasAny = false;
        CpuMask waiting = _waiting;
        foreach (CpuId cpu in waiting)
        {
            // One that refuses has come as well: there is no more to wait for.
            ProcessorState state = _machine.ReadState(cpu);
            bool hasCome = _awaited == ProcessorState.Alive ? HasCalledIn(state) : state == _awaited;
            if (!hasCome && state != ProcessorState.Failed)
                continue;
            _waiting.Remove(cpu);
            hasAny = true;
        }

        return hasAny;
    }

    // A verdict and a late step race for the same word: exactly one compare-and-swap wins.
    private void Judge(ProcessorState from)
    {
        CpuMask missing = _waiting;
        foreach (CpuId cpu in missing)
        {
            ProcessorState verdict = _machine.ReadStage(cpu) == BootStage.None
                ? ProcessorState.NotResponding
                : ProcessorState.Stuck;
            if (!_machine.TryAdvance(cpu, from, verdict))
                _waiting.Remove(cpu); // it came after all, before the verdict
        }
    }

    private void WaitFor(ulong nanoseconds)
    {
        ulong end = Now + nanoseconds;
        while (Now < end)
            _machine.Wait(new Nanoseconds(end));
    }
}

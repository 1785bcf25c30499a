// Functions that one processor makes others run.
//
//   sender                                      target
//   fills its own CrossCall, counts the targets
//   sets its bit in each target's request set ─▶ (IPI) takes the bits, runs each sender's call,
//   waits until the count is zero  ◀──────────── counts down
//
// Each processor sends one call at a time, from its own slot, so that nothing is allocated and no queue can be full. While it
// waits it serves the calls of others: two processors that call each other do not wait for ever.
//
// Orderings: the slot is filled before the bit is set (`lock or`), and read after the bit was taken (`lock and`); the count
// goes down (`lock xadd`) after the call has run.
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Time;

namespace Commence.Smp;

/// <summary>Something to be run on other processors.</summary>
public abstract class CrossCall
{
    private int _pending;

    /// <summary>What each target does.</summary>
    /// <remarks>Context: hard IRQ on the target, or a processor that waits for its own call. IRQs: off. Sleeps: never.</remarks>
    protected internal abstract void Run();

    /// <summary>What the sender does over and over while it waits.</summary>
    /// <remarks>Context: the sender, pinned. Sleeps: never.</remarks>
    internal virtual void WhileWaiting() => Cpu.Relax();

    internal bool IsDone => Volatile.Read(ref _pending) == 0;

    internal void Expect(int targets) => Volatile.Write(ref _pending, targets);

    internal void RunHere()
    {
        Run();
        Interlocked.Decrement(ref _pending);
    }
}

/// <summary>Cross-processor calls (Linux: <c>smp_call_function_many</c>).</summary>
public static class CrossCalls
{
    // A processor that has interrupts off for this long is broken.
    private const ulong AnswerMaxNs = 20_000_000_000;

    /// <summary>Runs a call on the given processors, but not on the caller's own, and waits until all have run it.</summary>
    /// <param name="targets">Online processors; others are skipped.</param>
    /// <param name="call">The calling processor's own object: no other may use it meanwhile.</param>
    /// <param name="here">Proof that the caller stays on its processor.</param>
    /// <remarks>Context: thread, pinned. IRQs: on. Fails: panics if a processor never answers.</remarks>
    public static void Run(in CpuMask targets, CrossCall call, in Pinned here)
    {
        _ = here; // proof only
        Bug.On(!LocalInterrupts.AreEnabled);
        Processor self = Processor.Current;
        Bug.On(self.OutgoingCall is not null); // calls do not nest
        CpuMask others = targets;
        CpuMask online = Processors.Online;
        others.IntersectWith(in online);
        others.Remove(self.Id);
        int count = others.Count;
        if (count == 0)
            return;

        call.Expect(count);
        self.OutgoingCall = call;
        foreach (CpuId cpu in others)
            Send(self, Processors.Get(cpu));
        WaitFor(call);
        self.OutgoingCall = null;
    }

    /// <summary>Runs what others want of this processor.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off.</remarks>
    public static void ServeRequests()
    {
        Processor self = Processor.Current;
        while (self.Requests.TryTakeFirst(out CpuId sender))
            Processors.Get(sender).OutgoingCall!.RunHere();
    }

    private static void Send(Processor self, Processor target)
    {
        target.Requests.Add(self.Id);
        using LocalIrq.Guard irq = LocalIrq.Disable();
        InterruptController.SendCallFunction(target.HardwareId);
    }

    private static void WaitFor(CrossCall call)
    {
        ulong end = Clock.Monotonic().Value + AnswerMaxNs;
        while (!call.IsDone)
        {
            if (Clock.Monotonic().Value > end)
                Panic.Now($"a processor does not answer a cross-processor call of CPU {PerCpuArea.Id}");
            call.WhileWaiting();
        }
    }
}

/// <summary>Senders that wait for one processor: a set that any processor adds to and only its owner takes from.</summary>
public struct CallRequests
{
    private CpuMask _senders;

    internal void Add(CpuId sender) => _senders.AddAtomic(sender);

    internal bool TryTakeFirst(out CpuId sender) => _senders.TryFindFirst(out sender) && _senders.RemoveAtomic(sender);
}

// A processor on the host: the words of IPerCpuArea, an interrupt switch, and a queue of interrupts that have arrived.
//
// A processor is not an OS thread. It is a token that exactly one HostedThread holds at a time, and that
// ThreadContext.Switch hands on: so that kernel threads can be switched and moved between processors as on a machine.
// All fields but the queue belong to the holder; handing the token over orders its accesses.
//
// Interrupts arrive at any time and are taken only where the kernel looks: when interrupts come on, in Cpu.Relax and in
// Cpu.Idle. A loop that does none of these is not interrupted.
using System.Collections.Generic;

namespace Commence.Arch.Hosted;

/// <summary>One processor of a <see cref="HostedMachine"/>.</summary>
public sealed class HostedProcessor
{
    internal const uint NoRescheduleWanted = 0x8000_0000;

    private readonly Queue<Action> _arrived = new(); // also the lock for itself and the condition that Idle waits for
    private int _arrivedCount;                       // to look without the lock
    private System.Threading.Timer? _timer;
    private int _isTickOnItsWay;                     // like a line that is up already: ticks that are not taken do not pile up

    internal HostedProcessor(HostedMachine? machine, CpuId id)
    {
        Machine = machine;
        Id = id;
    }

    /// <summary>Its machine; null for the processor of a thread that belongs to none.</summary>
    public HostedMachine? Machine { get; }

    public CpuId Id { get; }

    /// <summary>Interrupts that were taken.</summary>
    public int InterruptCount { get; private set; }

    internal HostedMmu Mmu { get; } = new();

    internal object? KernelObject { get; set; }

    internal object? CurrentTask { get; set; }

    internal uint PreemptWord { get; set; } = NoRescheduleWanted; // IPerCpuArea.cs draws it

    internal uint InterruptDepth { get; private set; }

    internal bool AreInterruptsEnabled { get; set; }

    /// <summary>Sends an interrupt; <paramref name="handler"/> runs on this processor, with interrupts off.</summary>
    public void Interrupt(Action handler)
    {
        lock (_arrived)
        {
            _arrived.Enqueue(handler);
            Volatile.Write(ref _arrivedCount, _arrived.Count);
            System.Threading.Monitor.PulseAll(_arrived);
        }
    }

    /// <summary>Takes all interrupts that have arrived, if interrupts are on.</summary>
    /// <returns>Whether there were any.</returns>
    /// <remarks>A handler may end in a switch to another thread, and this one may go on on another processor.</remarks>
    internal static bool TakeInterrupts()
    {
        bool anyTaken = false;
        while (true)
        {
            HostedProcessor here = HostedThread.Processor;
            here.Machine?.ThrowIfStopped();
            if (!here.AreInterruptsEnabled || !here.TryDequeue(out Action? handler))
                return anyTaken;

            anyTaken = true;
            here.Handle(handler);
            HostedThread.Processor.AreInterruptsEnabled = true;
        }
    }

    /// <summary>Sleeps until an interrupt has arrived.</summary>
    internal void WaitForInterrupt()
    {
        lock (_arrived)
        {
            while (_arrived.Count == 0)
            {
                Machine?.ThrowIfStopped();
                System.Threading.Monitor.Wait(_arrived);
            }
        }
    }

    /// <summary>Sends the processor the timer's interrupt, again and again.</summary>
    internal void StartTimer(TimeSpan period)
    {
        StopTimer();
        _timer = new System.Threading.Timer(_ => Tick(), state: null, period, period);
    }

    internal void StopTimer()
    {
        _timer?.Dispose();
        _timer = null;
    }

    /// <summary>Sends the timer's interrupt, unless one is on its way.</summary>
    public void Tick()
    {
        if (Interlocked.Exchange(ref _isTickOnItsWay, 1) != 0)
            return;

        Interrupt(() =>
        {
            Volatile.Write(ref _isTickOnItsWay, 0);
            TrapFrame frame = new() { HadInterruptsEnabled = true };
            TrapSink.Instance.OnTimer(ref frame);
        });
    }

    /// <summary>Wakes a processor that sleeps, to find that the machine was switched off.</summary>
    internal void Rouse()
    {
        lock (_arrived)
            System.Threading.Monitor.PulseAll(_arrived);
    }

    private void Handle(Action handler)
    {
        AreInterruptsEnabled = false;
        InterruptDepth++;
        InterruptCount++;
        handler();
        InterruptDepth--;
        if (InterruptDepth == 0 && PreemptWord == 0)
            TrapSink.Instance?.OnPreemptKernel();
    }

    private bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Action? handler)
    {
        handler = null;
        if (Volatile.Read(ref _arrivedCount) == 0)
            return false;

        lock (_arrived)
        {
            bool isFound = _arrived.TryDequeue(out handler);
            Volatile.Write(ref _arrivedCount, _arrived.Count);
            return isFound;
        }
    }
}

// A kernel thread that does not run: an OS thread that sleeps. Switching hands the processor from one to the other.
namespace Commence.Arch.Hosted;

/// <inheritdoc cref="IThreadContext{TSelf}"/>
public struct HostedThreadContext : IThreadContext<HostedThreadContext>
{
    [ThreadStatic]
    private static HostedTrapFrame s_userRegisters;

    private HostedThread? _thread;

    /// <inheritdoc/>
    public static int FpuAreaSizeBytes => 64;

    /// <inheritdoc/>
    public ulong UserThreadPointer { get; set; }

    /// <inheritdoc/>
    public void Initialise(VirtAddr stackTop)
    {
        _ = stackTop; // the host gives the thread its stack
        HostedMachine machine = HostedMachine.Current
            ?? throw new InvalidOperationException("threads need a HostedMachine: run the test on one");
        _thread = HostedThread.Create(machine, static () => TrapSink.Instance.OnThreadStart());
    }

    /// <inheritdoc/>
    public static void Switch(ref HostedThreadContext previous, ref HostedThreadContext next, object nextTask)
    {
        if (previous._thread != HostedThread.Current)
            throw new InvalidOperationException("the caller is not the thread that it says it is");

        HostedProcessor here = HostedThread.Processor;
        if (here.AreInterruptsEnabled)
            throw new InvalidOperationException("interrupts are on in a switch");

        here.CurrentTask = nextTask;
        if (next._thread == HostedThread.Current)
            return;

        // From here on another processor may run the caller already: nothing of it is touched but its own semaphore.
        next._thread!.Resume(here);
        HostedThread.Sleep();
    }

    /// <inheritdoc/>
    public static void Adopt(ref HostedThreadContext self, VirtAddr stackTop, object task)
    {
        _ = stackTop;
        self._thread = HostedThread.Current;
        HostedThread.Processor.CurrentTask = task;
    }

    /// <inheritdoc/>
    /// <remarks>The host keeps that to itself.</remarks>
    public readonly bool TryReadCaller(out ulong framePointer, out ulong returnAddress)
    {
        framePointer = 0;
        returnAddress = 0;
        return false;
    }

    /// <inheritdoc/>
    public readonly bool TryPrepareUser(Span<byte> fpuArea)
    {
        fpuArea.Clear();
        return true;
    }

    /// <inheritdoc/>
    public void CopyUserFrom(ref HostedThreadContext running) => UserThreadPointer = running.UserThreadPointer;

    /// <inheritdoc/>
    public readonly void ResetUser()
    {
        // There is no floating-point state to reset.
    }

    /// <inheritdoc/>
    public static ref HostedTrapFrame UserRegisters => ref s_userRegisters;

    /// <inheritdoc/>
    public static void EnterUser(in HostedTrapFrame registers) =>
        throw new NotSupportedException("there is no user mode on the host");
}

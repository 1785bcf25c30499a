// A thread of control that does not run: what the processor needs to go on with it.
namespace Commence.Arch;

/// <summary>Saved state of one thread: kernel stack pointer, user thread pointer, floating-point state.</summary>
/// <typeparam name="TSelf">The architecture's own type.</typeparam>
public interface IThreadContext<TSelf>
    where TSelf : struct, IThreadContext<TSelf>
{
    /// <summary>Prepares a new thread that starts in <see cref="TrapSink.OnThreadStart"/> on the given kernel stack.</summary>
    /// <param name="stackTop">End of the stack, exclusive; 16-byte aligned.</param>
    void Initialise(VirtAddr stackTop);

    /// <summary>Saves the running thread in <paramref name="previous"/> and goes on with <paramref name="next"/>.</summary>
    /// <param name="nextTask">What <see cref="IPerCpuArea.CurrentTask"/> is from now on.</param>
    /// <remarks>Context: scheduler. IRQs: off. Returns when another switch comes back to <paramref name="previous"/>.</remarks>
    static abstract void Switch(ref TSelf previous, ref TSelf next, object nextTask);

    /// <summary>Makes the caller the thread whose state is <paramref name="self"/>: used once per processor for its idle task.</summary>
    static abstract void Adopt(ref TSelf self, VirtAddr stackTop, object task);

    /// <summary>Where a thread that does not run will go on: what a trace of its callers begins with.</summary>
    /// <param name="framePointer">Of whoever will go on, for <see cref="IStackWalker.TryStep"/>.</param>
    /// <param name="returnAddress">Where in that.</param>
    /// <returns>False if it cannot be told.</returns>
    /// <remarks>Context: any. Whoever calls sees to it that the thread neither runs nor ends meanwhile.</remarks>
    bool TryReadCaller(out ulong framePointer, out ulong returnAddress);

    /// <summary>Gives the thread a user floating-point state in its initial value, or frees it.</summary>
    /// <returns>False if there is no memory for it.</returns>
    bool TryPrepareUser(Span<byte> fpuArea);

    /// <summary>Copies the floating-point state and thread pointer of the running thread into a new one (fork).</summary>
    void CopyUserFrom(ref TSelf running);

    /// <summary>Puts the running thread's floating-point state back to its initial value (execve).</summary>
    void ResetUser();

    /// <summary>The registers with which the running thread left user mode, and with which it goes back.</summary>
    /// <remarks>Context: a system call or fault of a user thread.</remarks>
    static abstract ref TrapFrame UserRegisters { get; }

    /// <summary>User thread pointer (x64: FS base; arm64: TPIDR_EL0). Takes effect at once for the running thread.</summary>
    ulong UserThreadPointer { get; set; }

    /// <summary>Leaves the kernel for user mode with these registers; the kernel stack below them is given up.</summary>
    /// <remarks>Context: thread. IRQs: any. Never returns.</remarks>
    static abstract void EnterUser(in TrapFrame registers);

    /// <summary>Bytes that <see cref="TryPrepareUser"/> needs, aligned to 64.</summary>
    static abstract int FpuAreaSizeBytes { get; }
}

namespace Commence.Memory;

public readonly partial struct KernelStack
{
    /// <summary>Takes a stack. Its contents are undefined.</summary>
    /// <returns>False if there is no memory (<see cref="Errno.ENOMEM"/>).</returns>
    /// <remarks>Context: thread. IRQs: on.</remarks>
    public static bool TryAllocate(out KernelStack stack) => KernelMemory.Stacks.TryAllocate(out stack);

    /// <summary>Gives it back. Nobody may run on it any more, nor come back to it.</summary>
    /// <remarks>Context: any. Fails: panics if it is free already.</remarks>
    public void Free() => KernelMemory.Stacks.Free(this);
}

// Kernel stacks on a host: the operating system gives each thread its stack, so that here a stack is only a number.
using System.Collections.Generic;

namespace Commence.Memory;

public readonly partial struct KernelStack
{
    private static readonly HashSet<ulong> s_inUse = []; // also its lock
    private static ulong s_next = 0xFFFF_C900_0000_0000;

    /// <summary>Stacks in use: for tests.</summary>
    public static int InUseCount
    {
        get
        {
            lock (s_inUse)
                return s_inUse.Count;
        }
    }

    /// <summary>Takes a number that no other stack has.</summary>
    public static bool TryAllocate(out KernelStack stack)
    {
        lock (s_inUse)
        {
            s_next += 2 * SizeBytes;
            s_inUse.Add(s_next);
            stack = new KernelStack(new VirtAddr(s_next));
            return true;
        }
    }

    /// <summary>Gives it back.</summary>
    /// <remarks>Fails: a bug if it is free already.</remarks>
    public void Free()
    {
        lock (s_inUse)
            Bug.On(!s_inUse.Remove(Bottom.Value));
    }
}

// Atomic operations, from all processors at once: none is lost.
using System.Threading;
using Commence.Memory;

namespace Commence.Testing;

internal static class InterlockedTests
{
    private const int Rounds = 20_000;

    private sealed class Counting : Work
    {
        internal int Sum;
        internal long Exchanged;
        internal ulong Bits;

        internal override void Run(int index)
        {
            for (int i = 0; i < Rounds; i++)
            {
                Interlocked.Increment(ref Sum);
                AddByCompareExchange(ref Exchanged, index + 1);
                Interlocked.Or(ref Bits, 1ul << (index % 64));
            }
        }

        private static void AddByCompareExchange(ref long target, long value)
        {
            long old = Volatile.Read(ref target);
            while (true)
            {
                long seen = Interlocked.CompareExchange(ref target, old + value, old);
                if (seen == old)
                    return;
                old = seen;
            }
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void NoIncrementIsLost()
    {
        Counting work = new();
        Crew.RunOnEachCpu(work);
        int cpus = Smp.Processors.OnlineCount;
        Check.Equal(cpus * Rounds, work.Sum);
        Check.Equal((long)cpus * (cpus + 1) / 2 * Rounds, work.Exchanged);
        Check.Equal(cpus >= 64 ? ulong.MaxValue : (1ul << cpus) - 1, work.Bits);
        Kmem.Free(work);
    }
}

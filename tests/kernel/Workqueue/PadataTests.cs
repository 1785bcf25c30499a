using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Workqueues;

namespace Commence.Testing;

/// <summary>Jobs that the machine's processors share.</summary>
internal static class PadataTests
{
    private const int Cpus = 4;
    private const int Bytes = 64 * 1024;

    // Adds one to each byte of its range.
    private sealed class Count : PadataJob
    {
        internal KBuffer Buffer;
        internal int Calls;

        protected override void Run(ulong start, ulong end)
        {
            Interlocked.Increment(ref Calls);
            foreach (ref byte one in Buffer.Span[(int)start..(int)end])
                one++;
        }
    }

    // Each chunk waits until another thread has one too.
    private sealed class Meeting : PadataJob
    {
        internal SharedCounter Begun = new();

        protected override void Run(ulong start, ulong end)
        {
            Begun.Increment();
            CounterReaches two = new(Begun, 2);
            Expect.Soon(ref two);
        }
    }

    [KernelTest(Cpus = Cpus)]
    internal static void EachByteIsReachedOnceAJob()
    {
        Count job = new();
        Check.That(Kmalloc.TryAllocate(Bytes, out job.Buffer));
        Dice dice = new(7);
        for (int round = 1; round <= 100; round++)
        {
            job.Buffer.Span.Fill((byte)round);
            ulong start = (ulong)dice.Roll(Bytes / 2);
            job.Start = start;
            job.Size = (ulong)dice.Roll(Bytes / 2);
            job.ChunkMin = (ulong)dice.Roll(5000);
            job.Alignment = 1ul << dice.Roll(8);
            job.ThreadsMax = dice.Roll(Cpus + 1);
            job.Calls = 0;
            int threads = Padata.DoMultithreaded(job);
            Check.That(threads >= 1 && threads <= Cpus);
            Check.That(job.Size == 0 || job.Calls >= 1);
            for (int i = 0; i < Bytes; i++)
            {
                bool isIn = (ulong)i >= start && (ulong)i < start + job.Size;
                Check.That(job.Buffer.Span[i] == (isIn ? round + 1 : round));
            }
        }

        job.Buffer.Free();
        Kmem.Free(job);
    }

    [KernelTest(Cpus = Cpus)]
    internal static void SeveralProcessorsTakePart()
    {
        Meeting job = new() { Size = 16 };
        Check.That(Padata.DoMultithreaded(job) == Cpus);
        Check.That(job.Begun.Value >= 2);
        Kmem.Free(job.Begun);
        Kmem.Free(job);
    }
}

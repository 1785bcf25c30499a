// Jobs that many processors share: everything is done once, in chunks as asked for, by as many threads as there may be.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Commence.Tests.Sched;
using Commence.Workqueues;
using Xunit;
using Task = Commence.Sched.Task;

namespace Commence.Tests.Workqueues;

public class PadataTests
{
    private const int Seed = 20260501;

    private sealed class Job(Action<ulong, ulong> body) : PadataJob
    {
        private readonly ConcurrentDictionary<Task, bool> _threads = new();

        public ConcurrentBag<(ulong Start, ulong End)> Chunks { get; } = [];

        public int ThreadCount => _threads.Count;

        public Job()
            : this(static (_, _) => { })
        {
        }

        protected internal override void Run(ulong start, ulong end)
        {
            _threads[Task.Current] = true;
            Chunks.Add((start, end));
            body(start, end);
        }
    }

    public static TheoryData<ulong, ulong, ulong, ulong, int> Shapes()
    {
        Random random = new(Seed);
        TheoryData<ulong, ulong, ulong, ulong, int> shapes = new()
        {
            { 0, 0, 0, 0, 0 },
            { 5, 1, 0, 0, 0 },
            { 0, 3, 100, 0, 0 },
            { 7, 1000, 1, 64, 0 },
            { 1, 100_000, 0, 0, 1 },
            { ulong.MaxValue - 1000, 1000, 3, 0, 0 },
            { ulong.MaxValue - 1000, 1000, 0, ulong.MaxValue, 0 },
            { 3, ulong.MaxValue - 3, ulong.MaxValue / 2, 0, 0 },
        };
        for (int i = 0; i < 60; i++)
        {
            shapes.Add(
                (ulong)random.Next(10_000), (ulong)random.Next(1 << random.Next(1, 17)), (ulong)random.Next(1 << random.Next(10)),
                random.Next(3) == 0 ? (ulong)random.Next(1, 500) : 1ul << random.Next(8), random.Next(7));
        }

        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void EachNumberIsDoneOnceInChunksAsAskedFor(ulong start, ulong size, ulong chunkMin, ulong alignment, int threadsMax) => HostedKernel.Run(() =>
    {
        Job job = new() { Start = start, Size = size, ChunkMin = chunkMin, Alignment = alignment, ThreadsMax = threadsMax };
        int threads = Padata.DoMultithreaded(job);

        int most = threadsMax == 0 ? HostedKernel.ProcessorCount : Math.Min(threadsMax, HostedKernel.ProcessorCount);
        Assert.InRange(threads, 1, most);
        Assert.InRange(job.ThreadCount, size == 0 ? 0 : 1, threads);
        (ulong Start, ulong End)[] chunks = [.. job.Chunks.OrderBy(static chunk => chunk.Start)];
        ulong next = start;
        foreach ((ulong from, ulong to) in chunks)
        {
            Assert.Equal(next, from);
            Assert.True(to > from);
            Assert.True(from == start || alignment < 2 || from % alignment == 0, $"{from} is no multiple of {alignment}");
            next = to;
        }

        Assert.Equal(start + size, next);
        // The first may be shorter, to reach a multiple; the last one is what is left.
        Assert.All(chunks.Skip(1).SkipLast(1), chunk => Assert.True(chunk.End - chunk.Start >= chunkMin, $"{chunk} is short"));
    });

    [Fact]
    public void SeveralTakePartAndTheCallerWaitsForAll() => HostedKernel.Run(() =>
    {
        int inside = 0;
        int together = 0;
        int done = 0;
        Job job = new((_, _) =>
        {
            if (Interlocked.Increment(ref inside) > 1)
                Volatile.Write(ref together, 1);
            HostedKernel.WaitUntil(() => Volatile.Read(ref together) != 0, "another one takes part");
            Interlocked.Decrement(ref inside);
            Interlocked.Increment(ref done);
        })
        { Size = 40 };
        Assert.Equal(HostedKernel.ProcessorCount, Padata.DoMultithreaded(job));
        Assert.Equal(job.Chunks.Count, done);
        Assert.Equal(0, inside);
        Assert.InRange(job.ThreadCount, 2, HostedKernel.ProcessorCount);
    });

    [Fact]
    public void OneProcessorDoesItInOneGo()
    {
        HostedKernel.Run(() =>
        {
            Job job = new() { Start = 9, Size = 5000 };
            Assert.Equal(1, job.Open(processorCount: 1));
            job.TakePart();
            job.TakePart(); // nothing is left
            Assert.Equal([(9ul, 5009ul)], job.Chunks);
        });
    }

    // The outer job's chunks wait until its helpers have all begun: then no work is free, as where there was no memory for any.
    [Fact]
    public void WithoutFreeWorksTheCallerDoesAllOfIt() => HostedKernel.Run(() =>
    {
        List<int> inner = [];
        int begun = 0;
        int isTried = 0;
        Job outer = new((start, _) =>
        {
            Interlocked.Increment(ref begun);
            if (start == 0)
            {
                HostedKernel.WaitUntil(() => Volatile.Read(ref begun) >= HostedKernel.ProcessorCount, "all take part");
                Job job = new() { Size = 1000 };
                inner.Add(Padata.DoMultithreaded(job));
                inner.Add((int)job.Chunks.Sum(static chunk => (long)(chunk.End - chunk.Start)));
                inner.Add(job.ThreadCount);
                Volatile.Write(ref isTried, 1);
            }

            HostedKernel.WaitUntil(() => Volatile.Read(ref isTried) != 0, "the inner job");
        })
        { Size = 32 };
        Padata.DoMultithreaded(outer);
        Assert.Equal([1, 1000, 1], inner);

        // And they are free again.
        Assert.Equal(HostedKernel.ProcessorCount, Padata.DoMultithreaded(new Job { Size = 100 }));
    });

    [Fact]
    public void ManyJobsAtATimeGetWhatIsTheirs() => HostedKernel.Run(() =>
    {
        Commence.Sched.KernelThread[] threads = [.. Enumerable.Range(0, 6).Select(number => HostedKernel.Spawn(() =>
        {
            Random random = new(Seed + number);
            for (int round = 0; round < 30; round++)
            {
                long sum = 0;
                ulong size = (ulong)random.Next(1, 3000);
                Job job = new((start, end) => Interlocked.Add(ref sum, (long)(end - start))) { Start = (ulong)random.Next(99), Size = size };
                Padata.DoMultithreaded(job);
                if (sum != (long)size)
                    return 1;
            }

            return 0;
        }))];
        Assert.All(threads, static thread => Assert.Equal(0, thread.Join()));
    });

    [Fact]
    public void ARangeThatWrapsStopsTheMachine() =>
        Assert.Throws<Commence.Arch.Hosted.KernelBugException>(() => new Job { Start = ulong.MaxValue, Size = 1 }.Open(4));
}

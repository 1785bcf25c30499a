// Threads that do different things, are moved and stopped: for tests of the scheduler itself. (For threads that do the same: Crew.)
//
// What such a thread finds wrong is a Bug.On, which stops the machine; the test's own thread uses Check.
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Debug;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;

namespace Commence.Testing;

/// <summary>Threads of one test: all start together, and all are joined.</summary>
internal sealed class Squad
{
    internal const int Capacity = 64;

    private Threads _threads;
    private Bodies _bodies;
    private int _count;

    /// <summary>How many processors take tasks.</summary>
    internal static int CpuCount => Processors.OnlineCount;

    internal int Count => _count;

    internal KernelThread this[int index] => _threads[index]!;

    /// <summary>Adds a thread that may run anywhere.</summary>
    internal KernelThread Add(KernelThreadBody body)
    {
        Bug.On(_count == Capacity);
        KernelThread thread = KernelThread.Create(body, "test"u8);
        _bodies[_count] = body;
        _threads[_count++] = thread;
        return thread;
    }

    /// <summary>Adds a thread that runs on one processor only.</summary>
    internal KernelThread Add(KernelThreadBody body, CpuId cpu)
    {
        KernelThread thread = Add(body);
        CpuMask only = CpuMask.Of(cpu);
        Bug.On(Scheduler.SetAffinity(thread.Task, in only) != Errno.None);
        return thread;
    }

    /// <summary>Starts all.</summary>
    internal void Start()
    {
        for (int i = 0; i < _count; i++)
            _threads[i]!.Start();
    }

    /// <summary>Waits for all, and frees what the squad has.</summary>
    /// <returns>The sum of what they returned.</returns>
    internal int Join()
    {
        int sum = 0;
        for (int i = 0; i < _count; i++)
        {
            sum += _threads[i]!.Join();
            Kmem.Free(_bodies[i]!);
        }

        Kmem.Free(this);
        return sum;
    }

    /// <summary>As <see cref="Join"/>, and asks each to end.</summary>
    internal int Stop()
    {
        int sum = 0;
        for (int i = 0; i < _count; i++)
        {
            sum += _threads[i]!.Stop();
            Kmem.Free(_bodies[i]!);
        }

        Kmem.Free(this);
        return sum;
    }

    /// <summary>Moves the caller.</summary>
    internal static void GoTo(CpuId cpu)
    {
        CpuMask only = CpuMask.Of(cpu);
        Bug.On(Scheduler.SetAffinity(Task.Current, in only) != Errno.None);
        Bug.On(PerCpuArea.Id != cpu);
    }

    /// <summary>Lets the caller run anywhere again.</summary>
    internal static void GoAnywhere()
    {
        CpuMask all = CpuMask.FirstCpus(CpuMask.Capacity);
        Bug.On(Scheduler.SetAffinity(Task.Current, in all) != Errno.None);
    }

    [InlineArray(Capacity)]
    private struct Threads
    {
        private KernelThread? _thread0;
    }

    [InlineArray(Capacity)]
    private struct Bodies
    {
        private KernelThreadBody? _body0;
    }
}

/// <summary>Something that a test waits for.</summary>
internal interface IExpectation
{
    /// <summary>Whether it has come.</summary>
    bool IsFulfilled { get; }
}

/// <summary>Waiting with an end.</summary>
internal static class Expect
{
    private const ulong LimitSeconds = 60; // many virtual processors on few real ones are slow

    /// <summary>Waits until the expectation is fulfilled, looking at it now and then; panics after a limit.</summary>
    internal static void Soon<T>(ref T expectation)
        where T : struct, IExpectation
    {
        Nanoseconds limit = Clock.Monotonic() + Nanoseconds.FromSeconds(LimitSeconds);
        while (!expectation.IsFulfilled)
        {
            if (Clock.Monotonic() > limit)
                Panic.Now($"a test's expectation was not fulfilled in {LimitSeconds} s");
            Scheduler.Sleep(Nanoseconds.FromMilliseconds(1));
        }
    }
}

/// <summary>A counter reaches a value.</summary>
internal readonly struct CounterReaches(SharedCounter counter, int value) : IExpectation
{
    public bool IsFulfilled => counter.Value >= value;
}

/// <summary>A number that several threads change.</summary>
internal sealed class SharedCounter
{
    private int _value;

    internal int Value => Volatile.Read(ref _value);

    internal int Increment() => Interlocked.Increment(ref _value);

    internal void Set(int value) => Volatile.Write(ref _value, value);
}

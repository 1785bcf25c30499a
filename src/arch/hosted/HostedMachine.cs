// A machine made of OS threads, for tests: some processors that run kernel code and send each other interrupts.
//
//   using HostedMachine machine = new(4);
//   machine.Run(cpu => …);            every processor runs it, on an OS thread of its own
//   using (machine.Enter(0)) …        the test's own thread is processor 0 for a while
//
// Every wait has an end: Run gives up after a limit, and Dispose switches the machine off, which unwinds whatever still
// runs at the next Cpu.Relax, Cpu.Idle, interrupt or switch.
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Commence.Arch.Hosted;

/// <summary>A multiprocessor on the host.</summary>
public sealed class HostedMachine : IDisposable
{
    /// <summary>How long a test may take to end, which only a hanging one reaches.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    private readonly HostedProcessor[] _processors;
    private readonly List<HostedThread> _threads = [];
    private readonly List<Thread> _hosts = [];
    private readonly object _lock = new(); // for the lists and _failure; _failure or an end of a body pulses it
    private Exception? _failure;
    private bool _isStopped;

    /// <summary>Builds a machine whose processors do not run yet.</summary>
    public HostedMachine(int processorCount)
    {
        _processors = new HostedProcessor[processorCount];
        for (int i = 0; i < processorCount; i++)
            _processors[i] = new HostedProcessor(this, new CpuId(i));
    }

    /// <summary>The machine of the processor that runs the caller, if it belongs to one.</summary>
    public static HostedMachine? Current => HostedThread.Processor.Machine;

    public int ProcessorCount => _processors.Length;

    public HostedProcessor this[int cpu] => _processors[cpu];

    /// <summary>Makes the caller's thread a processor until the result is disposed. Interrupts are on.</summary>
    public IDisposable Enter(int cpu)
    {
        _processors[cpu].AreInterruptsEnabled = true;
        return HostedThread.Enter(_processors[cpu]);
    }

    /// <summary>Runs a body on each processor, with interrupts on, until all have returned.</summary>
    /// <exception cref="TimeoutException">One made no end in time.</exception>
    /// <remarks>Throws what a body, or any kernel thread that came out of it, threw first.</remarks>
    public void Run(Action<CpuId> body, TimeSpan? limit = null)
    {
        int running = _processors.Length;
        foreach (HostedProcessor processor in _processors)
        {
            Start(processor, areInterruptsEnabled: true, () =>
            {
                body(processor.Id);
                lock (_lock)
                {
                    running--;
                    System.Threading.Monitor.PulseAll(_lock);
                }
            });
        }

        WaitFor(() => running == 0, limit ?? DefaultLimit);
    }

    /// <summary>Has a processor run <paramref name="body"/> on a new thread.</summary>
    internal void Start(HostedProcessor processor, bool areInterruptsEnabled, Action body)
    {
        processor.AreInterruptsEnabled = areInterruptsEnabled;
        HostedThread.Create(this, body).Resume(processor);
    }

    /// <summary>Switches the machine off and waits for its threads to end.</summary>
    public void Dispose()
    {
        Stop();
        Stopwatch elapsed = Stopwatch.StartNew();
        foreach (Thread host in Snapshot(_hosts))
        {
            TimeSpan left = DefaultLimit - elapsed.Elapsed;
            // One that does not end is a background thread; its test failed with a TimeoutException already.
            _ = host.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    internal void Register(HostedThread thread, Thread host)
    {
        lock (_lock)
        {
            _threads.Add(thread);
            _hosts.Add(host);
        }
    }

    /// <summary>A thread threw: the test fails with it, and everything else stops.</summary>
    internal void Fail(Exception failure)
    {
        lock (_lock)
        {
            // What is thrown while threads unwind from a machine that is off is no failure.
            if (!_isStopped)
                _failure ??= failure;
            System.Threading.Monitor.PulseAll(_lock);
        }

        Stop();
    }

    internal void ThrowIfStopped()
    {
        if (Volatile.Read(ref _isStopped))
            throw new MachineStoppedException();
    }

    private void Stop()
    {
        Volatile.Write(ref _isStopped, true);
        foreach (HostedThread thread in Snapshot(_threads))
            thread.Rouse();
        foreach (HostedProcessor processor in _processors)
        {
            processor.StopTimer();
            processor.Rouse();
        }
    }

    private void WaitFor(Func<bool> isDone, TimeSpan limit)
    {
        Stopwatch elapsed = Stopwatch.StartNew();
        lock (_lock)
        {
            while (!isDone() && _failure is null)
            {
                TimeSpan left = limit - elapsed.Elapsed;
                if (left <= TimeSpan.Zero)
                    throw new TimeoutException($"the machine was not done after {limit.TotalSeconds} s");
                System.Threading.Monitor.Wait(_lock, left);
            }

            if (_failure is not null)
                ExceptionDispatchInfo.Throw(_failure);
        }
    }

    private T[] Snapshot<T>(List<T> list)
    {
        lock (_lock)
            return [.. list];
    }
}

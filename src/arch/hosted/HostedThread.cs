// An OS thread that plays a kernel stack. It runs while it holds a processor, and sleeps while it does not.
//
//   Create ─▶ asleep ──Resume(cpu)──▶ running on cpu ──Resume of another, then Sleep──▶ asleep ─▶ …
namespace Commence.Arch.Hosted;

/// <summary>A thread of control of the hosted kernel.</summary>
internal sealed class HostedThread
{
    private const int StackSizeBytes = 1 << 20;

    private static int s_strayCount;

    [ThreadStatic]
    private static HostedThread? t_current;

    private readonly SemaphoreSlim _resumed = new(0);
    private readonly HostedMachine? _machine;
    private HostedProcessor? _processor; // what it runs on; written by whoever resumes it, before it wakes up

    private HostedThread(HostedMachine? machine) => _machine = machine;

    /// <summary>The caller.</summary>
    internal static HostedThread Current => t_current ??= CreateStray();

    /// <summary>The processor that runs the caller.</summary>
    internal static HostedProcessor Processor => Current._processor!;

    /// <summary>Makes a thread that will run <paramref name="body"/> when it is resumed for the first time.</summary>
    internal static HostedThread Create(HostedMachine machine, Action body)
    {
        HostedThread thread = new(machine);
        Thread host = new(() => thread.Live(body), StackSizeBytes) { IsBackground = true };
        machine.Register(thread, host);
        host.Start();
        return thread;
    }

    /// <summary>Makes the caller run on <paramref name="processor"/> until the result is disposed.</summary>
    internal static Visit Enter(HostedProcessor processor)
    {
        HostedThread? before = t_current;
        t_current = new HostedThread(processor.Machine) { _processor = processor };
        return new Visit(before);
    }

    /// <summary>Gives this thread the processor; the caller, if it held it, must do nothing but sleep from now on.</summary>
    internal void Resume(HostedProcessor processor)
    {
        _processor = processor;
        _resumed.Release();
    }

    /// <summary>Sleeps until somebody gives the caller a processor again.</summary>
    internal static void Sleep()
    {
        HostedThread here = Current;
        here._resumed.Wait();
        here._machine?.ThrowIfStopped();
    }

    /// <summary>Wakes a thread of a machine that was switched off.</summary>
    internal void Rouse() => _resumed.Release();

    private void Live(Action body)
    {
        t_current = this;
        try
        {
            Sleep();
            body();
        }
        catch (MachineStoppedException)
        {
            // That is how threads end.
        }
#pragma warning disable CA1031 // whatever it is, the test must see it
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _machine!.Fail(failure);
        }
    }

    // A test's own thread, which never asked for a processor: it gets one that is like no other, counted from the end so
    // that it is not taken for one of a machine.
    private static HostedThread CreateStray()
    {
        int number = Limits.CpuCountMax - 1 - ((Interlocked.Increment(ref s_strayCount) - 1) % (Limits.CpuCountMax / 2));
        return new HostedThread(machine: null)
        {
            _processor = new HostedProcessor(machine: null, new CpuId(number)) { AreInterruptsEnabled = true },
        };
    }

    /// <summary>A thread's time on a processor.</summary>
    internal sealed class Visit(HostedThread? before) : IDisposable
    {
        /// <summary>Makes the caller what it was before.</summary>
        public void Dispose() => t_current = before;
    }
}

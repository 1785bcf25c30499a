// The log from all processors at once. What arrives on the console is the host's to judge: tests/boot/ConsoleTests.cs looks for
// every line of this test, whole and once.
using Commence.Debug;
using Commence.Locking;
using Commence.Memory;
using Commence.Smp;
using Commence.Time;

namespace Commence.Testing;

internal static class PrintkTests
{
    private const int LinesPerCpu = 300;

    private sealed class Printing : Work
    {
        internal override void Run(int index)
        {
            for (int i = 0; i < LinesPerCpu; i++)
                Printk.Info($"printk-storm cpu={index} line={i} abcdefghijklmnopqrstuvwxyz {index * 1000 + i}");
        }
    }

    // Prints from interrupts too.
    private sealed class Ringing : Timer
    {
        internal int Left = 20;

        protected override void OnExpired()
        {
            Printk.Info($"printk-irq line={Left} abcdefghijklmnopqrstuvwxyz");
            Left--;
            if (Left > 0)
                Start(Clock.Monotonic() + new Nanoseconds(1_000_000));
        }
    }

    [KernelTest]
    internal static void AllProcessorsPrintAtOnce()
    {
        Ringing timer = new();
        timer.Start(Clock.Monotonic());
        Printing work = new();
        Crew.RunOnEachCpu(work);
        while (System.Threading.Volatile.Read(ref timer.Left) > 0)
            Sched.Scheduler.Sleep(new Nanoseconds(4_000_000));
        _ = timer.CancelAndWait(); // it has rung for the last time
        Printk.Info($"printk-storm done: {Processors.OnlineCount} processors, {LinesPerCpu} lines each");
        Kmem.Free(timer);
        Kmem.Free(work);
    }

    // Records whose text needs every kind of escape, from all processors: the host's parser refuses a torn line.
    private sealed class Recording : Work
    {
        internal override void Run(int index)
        {
            for (int i = 0; i < 50; i++)
            {
                Record record = new("ktest"u8);
                record.Add("cpu"u8, index);
                record.Add("text"u8, "quote \" backslash \\ line\n tab\t end"u8);
                record.Send();
            }
        }
    }

    [KernelTest]
    internal static void RecordsAreNotTorn()
    {
        Recording work = new();
        Crew.RunOnEachCpu(work);
        Kmem.Free(work);
    }
}

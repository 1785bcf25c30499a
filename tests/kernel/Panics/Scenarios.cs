// Ways in which a kernel fails, on purpose: what the report says about each is for the host to judge (tests/boot/PanicTests.cs).
//
//   ktest.panic=NAME    the failure; the marked line is what the report's trace has to name
//   ktest.cpu=N         on that processor, instead of any
//   ktest.noise         the other processors print all the time, which must end with the panic
using System;
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Arch;
using Commence.Init;
using Commence.Lib;
using Commence.Locking;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;

namespace Commence.Testing;

/// <summary>The scenarios.</summary>
internal static class Scenarios
{
    private static SpinLock s_lock;
    private static int s_arrived;

    /// <summary>Fails if the command line says so; else returns.</summary>
    internal static void RunIfWanted(CommandLine parameters)
    {
        if (!parameters.TryGetValue("ktest.panic"u8, out ReadOnlySpan<byte> name))
            return;
        if (parameters.Contains("ktest.noise"u8))
            MakeNoise();
        if (parameters.TryGetValue("ktest.cpu"u8, out ReadOnlySpan<byte> text) && NumberParser.TryParse(text, out ulong cpu))
            KernelThread.RunOn(new CpuId((int)cpu), new Failing(), "failing"u8).Detach();
        else
            Fail(name);

        Scheduler.Sleep(new Nanoseconds(60_000_000_000));
        Printk.Error($"ktest.panic={name}: nothing happened");
    }

    // It ends with the machine. Returns when all of them print.
    private static void MakeNoise()
    {
        Noise noise = new();
        _ = Crew.StartOnEachCpu(noise);
        while (Volatile.Read(ref noise.Lines) < 50 * Processors.OnlineCount)
            Scheduler.Yield();
    }

    private static void Fail(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("index-out-of-range"u8))
            IndexOutOfRange("abc"u8, name.Length);
        else if (name.SequenceEqual("overflow"u8))
            Overflow(int.MaxValue - name.Length);
        else if (name.SequenceEqual("divide"u8))
            Divide(name.Length, name.Length - 6);
        else if (name.SequenceEqual("null"u8))
            Null(name.Length == 4 ? null : new Failing());
        else if (name.SequenceEqual("cast"u8))
            Cast(new Failing());
        else if (name.SequenceEqual("bug"u8))
            FailedAssertion(name.Length);
        else if (name.SequenceEqual("message"u8))
            Message(name.Length);
        else if (name.SequenceEqual("page-fault"u8))
            PageFault();
        else if (name.SequenceEqual("write-to-text"u8))
            WriteToText();
        else if (name.SequenceEqual("run-data"u8))
            RunData();
        else if (name.SequenceEqual("stack-overflow"u8))
            StackOverflow(1);
        else if (name.SequenceEqual("double-fault"u8))
            DoubleFault();
        else
            FailElsewhere(name);
    }

    private static void FailElsewhere(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("timer"u8))
            new Ringing().Start(Clock.Monotonic());
        else if (name.SequenceEqual("all-at-once"u8))
            Crew.RunOnEachCpu(new AllAtOnce());
        else if (name.SequenceEqual("interrupts-off"u8))
            Crew.RunOnEachCpu(new InterruptsOff());
        else if (name.SequenceEqual("lock-twice"u8))
            LockTwice();
        else if (name.SequenceEqual("sleep-under-lock"u8))
            SleepUnderLock();
        else if (name.SequenceEqual("check"u8))
            CheckUnderLock();
        else
            Printk.Error($"ktest.panic={name}: there is no such scenario");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte IndexOutOfRange(ReadOnlySpan<byte> bytes, int index) =>
        bytes[index]; // here: index-out-of-range

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Overflow(int value) =>
        checked(value * 2); // here: overflow

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Divide(int value, int by) =>
        value / by; // here: divide

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Null(Failing? failing) =>
        failing!.Number++; // here: null

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Cast(object failing) =>
        ((Noise)failing).Lines; // here: cast

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FailedAssertion(int answer) =>
        Bug.On(answer != 42); // here: bug

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Message(int answer) =>
        Panic.Now($"the answer is {answer}"); // here: message

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PageFault()
    {
        // SAFETY: it is meant to fault: nothing is mapped there.
        unsafe
        {
            Volatile.Write(ref *(int*)0xFFFF_F000_0000_1230, 1); // here: page-fault
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WriteToText()
    {
        // SAFETY: it is meant to fault: text is not writable.
        unsafe
        {
            Volatile.Write(ref *(byte*)ImageLayout.TextStart.Value, 0xCC); // here: write-to-text
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunData()
    {
        // SAFETY: it is meant to fault: data is not executable. The address bit 1 is clear, so it is no fat pointer.
        unsafe
        {
            ((delegate*<void>)ImageLayout.DataStart.Value)(); // here: run-data
        }
    }

    // Not a tail call, and a frame of some size. It ends for no number that comes.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int StackOverflow(int depth)
    {
        Span<int> buffer = stackalloc int[32];
        buffer[depth & 31] = depth;
        if (depth == int.MinValue)
            return 0;
        return StackOverflow(depth + 1) + buffer[(depth + 1) & 31]; // here: stack-overflow
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoubleFault() => BadStack(); // here: double-fault

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LockTwice()
    {
        using SpinLock.Guard first = s_lock.Lock();
        using SpinLock.Guard second = s_lock.Lock(); // here: lock-twice
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SleepUnderLock()
    {
        using SpinLock.Guard first = s_lock.Lock();
        Scheduler.Schedule(); // here: sleep-under-lock
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CheckUnderLock()
    {
        using SpinLock.Guard first = s_lock.Lock();
        Check.Equal(1, s_arrived); // here: check
    }

    // SAFETY: it is meant to fault: it never returns.
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "bad_stack")]
    private static extern void BadStack();

    private sealed class Failing : KernelThreadBody
    {
        internal int Number;

        protected override int Run()
        {
            CommandLine parameters = new(BootInformation.CommandLine);
            if (parameters.TryGetValue("ktest.panic"u8, out ReadOnlySpan<byte> name))
                Fail(name);
            return Number;
        }
    }

    private sealed class Noise : Work
    {
        internal int Lines;

        internal override void Run(int index)
        {
            while (true)
            {
                Printk.Info($"noise of CPU {index}");
                Interlocked.Increment(ref Lines);
                Scheduler.Yield();
            }
        }
    }

    private sealed class Ringing : Commence.Time.Timer
    {
        protected override void OnExpired() =>
            Bug.On(PerCpuArea.InterruptDepth != 0); // here: timer
    }

    // Processors that find something wrong at the same time: one report, and one only.
    private sealed class AllAtOnce : Work
    {
        internal override void Run(int index)
        {
            Interlocked.Increment(ref s_arrived);
            while (Volatile.Read(ref s_arrived) < Processors.OnlineCount)
                Cpu.Relax();
            Panic.Now($"CPU {index} finds something wrong"); // here: all-at-once
        }
    }

    // Processors that listen to no interrupt are stopped too.
    private sealed class InterruptsOff : Work
    {
        internal override void Run(int index)
        {
            using LocalIrq.Guard irq = LocalIrq.Disable();
            Interlocked.Increment(ref s_arrived);
            while (index != 0 || Volatile.Read(ref s_arrived) < Processors.OnlineCount)
                Cpu.Relax();
            Panic.Now($"the others have interrupts off"); // here: interrupts-off
        }
    }
}

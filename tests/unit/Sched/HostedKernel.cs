using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using Commence.Arch;
using Commence.Arch.Hosted;
using Commence.Locking;
using Commence.Sched;
using Commence.Smp;
using Commence.Tests.Hosted;
using Commence.Time;
using Commence.Workqueues;

namespace Commence.Tests.Sched;

/// <summary>The scheduler on a hosted machine of four processors. It is booted once and serves all tests, since the kernel's
/// state is static, as it is in the machine. Between tests its timers stand still and its hooks are taken out.</summary>
internal sealed class HostedKernel
{
    public const int ProcessorCount = 4;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(2);
    private static readonly Lazy<HostedKernel> s_instance = new(() => new HostedKernel());

    private readonly HostedMachine _machine = new(ProcessorCount);
    private readonly ConcurrentQueue<Action> _requests = new();
    private readonly TrapSink _sink = new Sink();
    private readonly SmpHooks _hooks = new Hooks();
    private PreemptHook? _preemptor;
    private WaitQueue _requested;

    private HostedKernel()
    {
        TrapSink.Instance = _sink;
        SmpHooks.Instance = _hooks;
        using ManualResetEventSlim isUp = new();
        _machine.Start(_machine[0], areInterruptsEnabled: false, () => Boot(isUp));
        if (!isUp.Wait(HostedMachine.DefaultLimit))
            throw new TimeoutException("the hosted kernel did not come up");
        SpinWait.SpinUntil(() => PreemptHook.Instance is not null);
        _preemptor = PreemptHook.Instance;
    }

    /// <summary>Runs a test's body as a kernel thread, and throws here what it threw.</summary>
    public static void Run(Action body, int limitSeconds = 60)
    {
        TrapSink sinkBefore = TrapSink.Instance;
        SmpHooks? hooksBefore = SmpHooks.Instance;
        PreemptHook? preemptBefore = PreemptHook.Instance;
        HostedKernel kernel = s_instance.Value;
        try
        {
            kernel.Wake();
            kernel.RunAwake(body, limitSeconds);
            kernel.PutToSleep();
        }
        finally
        {
            TrapSink.Instance = sinkBefore;
            SmpHooks.Instance = hooksBefore;
            PreemptHook.Instance = preemptBefore;
        }
    }

    private void RunAwake(Action body, int limitSeconds)
    {
        using ManualResetEventSlim isDone = new();
        Exception? failure = null;
        _requests.Enqueue(() => Spawn(
            () =>
            {
                try
                {
                    body();
                }
                catch (Exception exception) when (exception is not MachineStoppedException)
                {
                    failure = exception;
                }

                isDone.Set();
            },
            "test").Detach());
        _machine[0].Interrupt(() => _requested.WakeAll());
        if (!isDone.Wait(TimeSpan.FromSeconds(limitSeconds)))
            throw new TimeoutException(Describe());
        if (failure is not null)
            throw new InvalidOperationException(failure.Message + "\n" + failure.StackTrace, failure);
    }

    private void Wake()
    {
        TrapSink.Instance = _sink;
        SmpHooks.Instance = _hooks;
        PreemptHook.Instance = _preemptor;
        for (int cpu = 0; cpu < ProcessorCount; cpu++)
            _machine[cpu].StartTimer(s_tick);
    }

    // Without ticks everything comes to rest, unless a test left a busy thread behind.
    private void PutToSleep()
    {
        for (int cpu = 0; cpu < ProcessorCount; cpu++)
            _machine[cpu].StopTimer();
        Stopwatch elapsed = Stopwatch.StartNew();
        for (int quietRounds = 0; quietRounds < 3; quietRounds++)
        {
            WaitForAnswers();
            for (int cpu = 0; cpu < ProcessorCount; cpu++)
            {
                if (Processors.Get(new CpuId(cpu)).RunQueue.RunnableCount != 0)
                    quietRounds = 0;
            }

            if (elapsed.Elapsed > HostedMachine.DefaultLimit)
                throw new TimeoutException("something still runs after the test:\n" + Describe());
        }
    }

    private void WaitForAnswers()
    {
        using CountdownEvent answers = new(ProcessorCount);
        for (int cpu = 0; cpu < ProcessorCount; cpu++)
            _machine[cpu].Interrupt(() => answers.Signal());
        if (!answers.Wait(HostedMachine.DefaultLimit))
            throw new TimeoutException("a processor takes no interrupts:\n" + Describe());
    }

    /// <summary>Starts a kernel thread that runs a lambda.</summary>
    public static KernelThread Spawn(Action body, string name = "worker") => Spawn(
        () =>
        {
            body();
            return 0;
        },
        name);

    /// <summary>Starts a kernel thread that runs a lambda with a result.</summary>
    public static KernelThread Spawn(Func<int> body, string name = "worker")
    {
        KernelThread thread = Create(body, name);
        thread.Start();
        return thread;
    }

    /// <summary>Makes a kernel thread that runs a lambda with a result; it is not started.</summary>
    public static KernelThread Create(Func<int> body, string name = "worker") =>
        KernelThread.Create(new LambdaBody(body), System.Text.Encoding.UTF8.GetBytes(name));

    /// <summary>Waits for a condition, giving the processor to others meanwhile, and fails after a limit.</summary>
    public static void WaitUntil(Func<bool> condition, string what, int limitSeconds = 30)
    {
        Stopwatch elapsed = Stopwatch.StartNew();
        while (!condition())
        {
            if (elapsed.Elapsed.TotalSeconds > limitSeconds)
                throw new TimeoutException($"not within {limitSeconds} s: {what}\n{Describe()}");
            Scheduler.Sleep(Nanoseconds.FromMilliseconds(1));
        }
    }

    private static string Describe()
    {
        string text = "";
        for (int cpu = 0; cpu < ProcessorCount; cpu++)
        {
            RunQueue queue = Processors.Get(new CpuId(cpu)).RunQueue;
            string name = System.Text.Encoding.UTF8.GetString(queue.Current.Name);
            text += $"CPU {cpu}: {queue.RunnableCount} runnable, runs {queue.Current.Pid} {name}, asked {queue.IsRescheduleRequested}\n";
        }

        for (int number = 0; TaskTable.TryFindFrom(number, out Commence.Sched.Task task); number = task.Pid + 1)
        {
            string name = System.Text.Encoding.UTF8.GetString(task.Name);
            text += $"{task.Pid} {name}: {task.State}, {task.QueueState}, CPU {task.Cpu.Value}, on CPU {task.IsOnCpu}\n";
        }

        return text;
    }

    private void Boot(ManualResetEventSlim isUp)
    {
        Clock.Start((ulong)Stopwatch.Frequency);
        for (int cpu = 0; cpu < ProcessorCount; cpu++)
            Processors.Add(new Processor(new CpuId(cpu), new ApicId((uint)cpu)));
        Scheduler.Init(Processors.Get(new CpuId(0)), new VirtAddr(0x1000));
        SystemWorkqueues.InitEarly();
        KernelThread init = KernelThread.Run(new LambdaBody(Serve), "init"u8);
        init.Detach();
        KernelThreadDaemon.Start();
        for (int cpu = 1; cpu < ProcessorCount; cpu++)
        {
            Processor processor = Processors.Get(new CpuId(cpu));
            if (!Scheduler.TryAddProcessor(processor))
                throw new InvalidOperationException("no memory for a processor");
            _machine.Start(_machine[cpu], areInterruptsEnabled: false, () => StartSecondary(processor));
        }

        isUp.Set();
        Scheduler.IdleLoop();
    }

    private static void StartSecondary(Processor processor)
    {
        Scheduler.InitSecondary(processor);
        Scheduler.IdleLoop();
    }

    // pid 1: makes the test's threads, since a thread can only be made on the machine.
    private int Serve()
    {
        WaitUntil(() => Scheduler.ActiveCpus.Count == ProcessorCount, "all processors");
        SystemWorkqueues.Init();
        Padata.Init();
        while (true)
        {
            HasRequest condition = new(_requests);
            _requested.Wait(ref condition);
            while (_requests.TryDequeue(out Action? request))
                request();
        }
    }

    private readonly struct HasRequest(ConcurrentQueue<Action> requests) : IWaitCondition
    {
        public bool IsMet() => !requests.IsEmpty;
    }

    private sealed class LambdaBody(Func<int> body) : KernelThreadBody
    {
        protected internal override int Run() => body();
    }

    private sealed class Hooks : SmpHooks
    {
        public override void SendReschedule(CpuId to) => InterruptController.SendReschedule(new ApicId((uint)to.Value));
    }

    private sealed class Sink : TestTrapSink
    {
        public override void OnTimer(ref TrapFrame frame) => Scheduler.Tick(InterruptedMode.Kernel);

        public override void OnRescheduleIpi()
        {
        }

        public override void OnPreemptKernel() => Scheduler.PreemptFromInterrupt();

        [DoesNotReturn]
        public override void OnThreadStart() => Scheduler.StartThread();
    }
}

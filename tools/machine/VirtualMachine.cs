// One run of one machine in QEMU, from power on to its end.
//
//   connect the lines ─▶ cont ─▶ wait ─┬─ exit record ─▶ wait for power off ─┐
//                                      ├─ panic record ─▶ wait for quiet ────┤
//                                      ├─ SHUTDOWN event, QEMU's end ────────┼─▶ collect ─▶ quit ─▶ verdict
//                                      └─ standstill, time limit, caller ────┘
//
// Every wait has an end, and QEMU never outlives the run: see ChildProcess.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Commence.Machine.Gdb;
using Commence.Machine.Records;

namespace Commence.Machine;

/// <summary>Runs one machine, once.</summary>
public sealed class VirtualMachine(MachineSpec spec)
{
    // QEMU connects its sockets before it does anything slow; a loaded host still needs room.
    private static readonly TimeSpan s_connectMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_quitMax = TimeSpan.FromSeconds(5);

    // After the program's end the kernel has only to stop the other processors and write one port; where it can. A
    // machine without ACPI has no such port.
    private static readonly TimeSpan s_powerOffMax = TimeSpan.FromSeconds(5);

    // A panic's dump may follow its record.
    private static readonly TimeSpan s_panicQuiet = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_panicMax = TimeSpan.FromSeconds(10);

    // What the machine wrote just before it ended may still be in a socket.
    private static readonly TimeSpan s_drainQuiet = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_drainMax = TimeSpan.FromSeconds(2);

    // How often the files of a measured machine's lines are looked at.
    private static readonly TimeSpan s_filePeriod = TimeSpan.FromMilliseconds(25);

    private readonly ConsoleCapture _console = new();
    private readonly TaskCompletionSource<Stream> _consoleInput = NewSource<Stream>();
    private readonly TaskCompletionSource<ExitRecord> _exit = NewSource<ExitRecord>();
    private readonly TaskCompletionSource<PanicRecord> _panic = NewSource<PanicRecord>();
    private readonly TaskCompletionSource<string> _shutdown = NewSource<string>();

    private bool _isHalted;
    private bool _isTimeOver;

    /// <summary>Called with each piece of the console's output.</summary>
    public Action<ReadOnlyMemory<byte>>? OnConsole { get; init; }

    /// <summary>Called with each record.</summary>
    public Action<MachineRecord>? OnRecord { get; init; }

    /// <summary>Called with the control connection just before the machine starts.</summary>
    public Func<QmpClient, Task>? OnControl { get; init; }

    /// <summary>Starts the machine through QEMU's gdb server, and may stop and change it; without it the machine starts by itself.
    /// When it has returned, the machine must be running.</summary>
    /// <remarks>A failure ends the run and comes out of <see cref="RunAsync(TimeSpan?, CancellationToken)"/>.</remarks>
    public Func<GdbClient, Task>? OnDebugger { get; init; }

    /// <summary>Runs <paramref name="spec"/> with at most <paramref name="timeout"/> and gives how it ended.</summary>
    public static Task<MachineResult> RunAsync(MachineSpec spec, TimeSpan timeout) =>
        new VirtualMachine(spec).RunAsync(timeout, CancellationToken.None);

    /// <summary>Sends bytes to the machine's console, once it is connected. A measured machine takes none.</summary>
    public async Task WriteConsoleAsync(ReadOnlyMemory<byte> input)
    {
        Stream stream = await _consoleInput.Task;
        await stream.WriteAsync(input);
    }

    /// <summary>Runs the machine to its end.</summary>
    /// <param name="timeout">The time limit; null for none.</param>
    /// <param name="stop">Ends the machine at once.</param>
    public async Task<MachineResult> RunAsync(TimeSpan? timeout, CancellationToken stop)
    {
        using MachineLines lines = new(OnDebugger is not null, spec.IsMeasured);
        if (spec.Uefi is UefiFirmware uefi)
            File.Copy(uefi.Variables, lines.UefiVariablesPath);
        using ChildProcess qemu = ChildProcess.Start(QemuCommandLine.Program, QemuCommandLine.Build(spec, lines));
        if (!await ConnectAsync(lines, qemu, stop))
            return new MachineResult
            {
                Outcome = stop.IsCancellationRequested ? Outcome.Stopped : Outcome.EmulatorFailed,
                EmulatorOutput = qemu.Output,
            };

        RecordReader records = new() { OnRecord = Hear, IsSharedWithFirmware = spec.Uefi is not null };
        Task writerEnds = lines.HasFiles ? qemu.Exited : Task.CompletedTask; // a socket's end is QEMU's own; a file grows until then
        Task consolePump = PumpAsync(lines.Console, ReadConsole, writerEnds);
        Task recordPump = PumpAsync(lines.Records, bytes => records.Feed(bytes.Span), writerEnds);
        _consoleInput.SetResult(lines.Console);

        IReadOnlyList<CpuState> cpus = [];
        try
        {
            QmpClient qmp = await QmpClient.ConnectAsync(lines.Qmp, HearEvent);
            await StartAsync(qmp);
            Task debugging = OnDebugger is null ? Task.CompletedTask : OnDebugger(await GdbClient.ConnectAsync(lines.Debugger));
            await WaitForEndAsync(qemu, qmp, debugging, timeout, stop);
            if (debugging.IsFaulted)
                await debugging;
            if (!_exit.Task.IsCompleted && !_panic.Task.IsCompleted && !stop.IsCancellationRequested)
                cpus = await LookAtCpusAsync(qmp).WaitAsync(s_quitMax, CancellationToken.None);
            await DrainAsync();
            await qmp.ExecuteAsync("quit").WaitAsync(s_quitMax, CancellationToken.None);
            await qemu.Exited.WaitAsync(s_quitMax, CancellationToken.None);
        }
        catch (Exception error) when (error is QmpException or TimeoutException)
        {
            // QEMU is gone or does not answer: it is killed below, and the facts say what it had come to.
        }
        qemu.Kill();
        await qemu.Exited;
        await Task.WhenAll(consolePump, recordPump);
        records.End();

        EndFacts facts = new()
        {
            Exit = Value(_exit),
            Panic = Value(_panic),
            ShutdownReason = Value(_shutdown),
            HasTripleFaulted = ResetLog.HasTripleFault(lines.ResetLogPath),
            IsHalted = _isHalted,
            IsTimeOver = _isTimeOver,
            IsStopped = stop.IsCancellationRequested,
        };
        return new MachineResult
        {
            Outcome = facts.Verdict,
            ExitStatus = facts.Exit?.Status,
            IsPoweredOff = facts.ShutdownReason == "guest-shutdown",
            WasReset = facts.ShutdownReason == "guest-reset",
            PanicMessage = facts.Panic?.Message,
            Console = _console.ToString(),
            Records = records.Records,
            RecordErrors = records.Errors,
            EmulatorOutput = qemu.Output,
            Cpus = cpus,
        };
    }

    private static async Task<bool> ConnectAsync(MachineLines lines, ChildProcess qemu, CancellationToken stop)
    {
        using CancellationTokenSource give = CancellationTokenSource.CreateLinkedTokenSource(stop);
        give.CancelAfter(s_connectMax);
        Task connected = lines.AcceptAsync(give.Token);
        if (await Task.WhenAny(connected, qemu.Exited) == connected)
            return connected.IsCompletedSuccessfully;

        await give.CancelAsync();
        await connected.ContinueWith(static _ => { }, TaskScheduler.Default);
        return false;
    }

    private async Task StartAsync(QmpClient qmp)
    {
        if (OnControl is not null)
            await OnControl(qmp);
        if (spec.GdbPort is null && OnDebugger is null)
            await qmp.ExecuteAsync("cont");
    }

    private async Task WaitForEndAsync(ChildProcess qemu, QmpClient qmp, Task debugging, TimeSpan? timeout, CancellationToken stop)
    {
        using CancellationTokenSource timers = new();
        Task timeIsOver = Task.Delay(timeout ?? Timeout.InfiniteTimeSpan, timers.Token);
        Task cancelled = Task.Delay(Timeout.InfiniteTimeSpan, stop);
        Task failed = WaitForFailureAsync(debugging, timers.Token);
        Task ended = Task.WhenAny(_shutdown.Task, qemu.Exited, cancelled, failed);
        bool isWatched = spec.GdbPort is null && !spec.IsMeasured;
        Task halted = isWatched ? Standstill.WaitAsync(qmp, _console, Standstill.Patient, timers.Token) : Task.Delay(Timeout.InfiniteTimeSpan, timers.Token);

        Task first = await Task.WhenAny(_panic.Task, ended, _exit.Task, halted, timeIsOver);
        if (first == _exit.Task)
        {
            Task stopped = Standstill.WaitAsync(qmp, _console, Standstill.Eager, timers.Token);
            await Task.WhenAny(_panic.Task, ended, stopped, Task.Delay(s_powerOffMax, timers.Token));
        }

        if (_panic.Task.IsCompleted)
            await Task.WhenAny(ended, WaitForQuietAsync(s_panicQuiet, s_panicMax));
        _isHalted = first == halted && halted.IsCompletedSuccessfully;
        _isTimeOver = first == timeIsOver;
        await timers.CancelAsync();
    }

    // Completes when the task fails, and only then.
    private static async Task WaitForFailureAsync(Task task, CancellationToken stop)
    {
        try
        {
            await task;
        }
        catch (Exception)
        {
            return;
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, stop);
    }

    private static async Task<IReadOnlyList<CpuState>> LookAtCpusAsync(QmpClient qmp)
    {
        await qmp.ExecuteAsync("stop");
        string dump = await qmp.ExecuteHumanAsync("info registers -a");
        List<CpuState> cpus = [];
        foreach (CpuState cpu in CpuState.ParseAll(dump))
            cpus.Add(cpu with { ReturnAddresses = await FrameWalk.ReadAsync(qmp, cpu) });
        return cpus;
    }

    private Task DrainAsync() => WaitForQuietAsync(s_drainQuiet, s_drainMax);

    private async Task WaitForQuietAsync(TimeSpan quiet, TimeSpan max)
    {
        // At least `quiet` from now on: what is on its way has not been seen yet.
        DateTime begin = DateTime.UtcNow;
        do
            await Task.Delay(quiet);
        while (_console.Quiet < quiet && DateTime.UtcNow - begin < max);
    }

    // Nothing to read is the end, once nobody writes any more.
    private static async Task PumpAsync(Stream from, Action<ReadOnlyMemory<byte>> to, Task writerEnds)
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                bool hasEnded = writerEnds.IsCompleted; // first: what was written before is then read in any case
                int length = await from.ReadAsync(buffer);
                if (length != 0)
                    to(buffer.AsMemory(0, length));
                else if (hasEnded)
                    return;
                else
                    await Task.WhenAny(writerEnds, Task.Delay(s_filePeriod));
            }
        }
        catch (IOException)
        {
            // QEMU was killed: the line ends here.
        }
    }

    private void ReadConsole(ReadOnlyMemory<byte> output)
    {
        _console.Append(output.Span);
        OnConsole?.Invoke(output);
    }

    private void Hear(MachineRecord record)
    {
        if (record is ExitRecord exit)
            _exit.TrySetResult(exit);
        else if (record is PanicRecord panic)
            _panic.TrySetResult(panic);
        OnRecord?.Invoke(record);
    }

    private void HearEvent(string name, JsonNode? data)
    {
        if (name == "SHUTDOWN")
            _shutdown.TrySetResult(data?["reason"]?.GetValue<string>() ?? "unknown");
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static T? Value<T>(TaskCompletionSource<T> source) where T : class =>
        source.Task.IsCompletedSuccessfully ? source.Task.Result : null;
}

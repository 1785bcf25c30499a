// A child that cannot outlive us, whatever ends us.
//
// setpriv(1) (util-linux, on every Debian and Ubuntu) asks the kernel to kill the child when the thread that made
// it ends: prctl(2), PR_SET_PDEATHSIG. "Thread", not "process": so one thread starts the child and then does
// nothing but wait for it.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Machine;

/// <summary>A running program that dies with us.</summary>
public sealed class ChildProcess : IDisposable
{
    private const int OutputLengthMax = 64 * 1024;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(ProcessStartInfo start) => _process = new Process { StartInfo = start };

    /// <summary>Completes with the exit status when the program has ended and all its output is read.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>What it printed so far, standard output and error together.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Called with each line it prints, from any thread.</summary>
    public Action<string>? OnLine { get; init; }

    /// <summary>Starts <paramref name="program"/> with nothing on its standard input.</summary>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, string? directory = null, Action<string>? onLine = null)
    {
        ProcessStartInfo start = new("setpriv")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "",
        };
        foreach (string argument in (string[])["--pdeathsig", "KILL", "--", program, .. arguments])
            start.ArgumentList.Add(argument);

        ChildProcess child = new(start) { OnLine = onLine };
        TaskCompletionSource started = new();
        Thread keeper = new(() => child.Keep(started)) { IsBackground = true, Name = program };
        keeper.Start();
        started.Task.GetAwaiter().GetResult();
        return child;
    }

    /// <summary>Kills it, if it still runs.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has already ended.
        }
    }

    /// <summary>Kills it, if it still runs, and waits for its end.</summary>
    public void Dispose()
    {
        Kill();
        _exited.Task.Wait();
        _process.Dispose();
    }

    private void Keep(TaskCompletionSource started)
    {
        try
        {
            _process.OutputDataReceived += (_, line) => Append(line.Data);
            _process.ErrorDataReceived += (_, line) => Append(line.Data);
            _process.Start();
            _process.StandardInput.Close();
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }
        catch (Exception error)
        {
            started.SetException(error);
            return;
        }
        started.SetResult();
        _process.WaitForExit();
        _exited.SetResult(_process.ExitCode);
    }

    private void Append(string? line)
    {
        if (line is null)
            return;
        lock (_output)
        {
            if (_output.Length < OutputLengthMax)
                _output.AppendLine(line);
        }
        OnLine?.Invoke(line);
    }
}

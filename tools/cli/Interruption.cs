// SIGINT, SIGTERM, SIGHUP and SIGQUIT end the command in order: the machine is ended and the terminal restored.
// A second one ends it at once; the machine still dies with us (ChildProcess) and the terminal is still restored.
using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Commence.Cli;

/// <summary>Hears signals.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    internal Interruption() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Hear(signal, 1)),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Hear(signal, 2)),
        PosixSignalRegistration.Create(PosixSignal.SIGQUIT, signal => Hear(signal, 3)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Hear(signal, 15)),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    internal CancellationToken Token => _source.Token;

    /// <summary>The first signal's number, if there was one.</summary>
    internal int? Signal { get; private set; }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Hear(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        if (Signal is not null)
            Environment.Exit(ExitStatus.SignalBase + number);
        Signal = number;
        _source.Cancel();
    }
}

// How the kernel's ends look on a host: as exceptions, so that a test can expect them.
using System.Runtime.CompilerServices;

namespace Commence.Arch.Hosted;

/// <summary>A <see cref="Bug"/> was found.</summary>
public sealed class KernelBugException(string what, string member, int line)
    : Exception($"{what} (in {member}, line {line})");

/// <summary>The kernel panicked: <see cref="Panic.Now"/>.</summary>
public sealed class KernelPanicException() : Exception("kernel panic");

/// <summary>The processor was halted for ever.</summary>
public sealed class ProcessorHaltedException() : Exception("the processor halted for ever");

/// <summary>Unwinds the threads of a machine that is switched off.</summary>
internal sealed class MachineStoppedException() : Exception("the machine was switched off");

/// <summary>Reports a bug to the test that runs into it.</summary>
internal sealed class ThrowingPanicHook : PanicHook
{
#pragma warning disable CA2255 // this assembly is only ever loaded by tests
    [ModuleInitializer]
    internal static void Register() => Instance = new ThrowingPanicHook();
#pragma warning restore CA2255

    /// <inheritdoc/>
    public override void OnBug(string what, string member, int line) => throw new KernelBugException(what, member, line);
}

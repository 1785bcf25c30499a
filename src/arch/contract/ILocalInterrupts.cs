// The interrupt switch of the processor that runs the caller.
namespace Commence.Arch;

/// <summary>The saved interrupt state of one processor.</summary>
public readonly struct IrqFlags
{
    private readonly ulong _raw;

    public IrqFlags(ulong raw) => _raw = raw;

    /// <summary>The architecture's own encoding (x64: RFLAGS; arm64: DAIF).</summary>
    public ulong Raw => _raw;
}

/// <summary>Turns the local processor's interrupts off and on. Kernel code uses the guards of Commence.Locking instead.</summary>
public interface ILocalInterrupts
{
    /// <summary>Turns interrupts off and returns the state before.</summary>
    static abstract IrqFlags Save();

    /// <summary>Restores a state that <see cref="Save"/> returned on the same processor.</summary>
    static abstract void Restore(IrqFlags flags);

    /// <summary>Turns interrupts on.</summary>
    static abstract void Enable();

    /// <summary>Turns interrupts off.</summary>
    static abstract void Disable();

    /// <summary>Whether interrupts are on.</summary>
    static abstract bool AreEnabled { get; }
}

// The processor as the portable kernel asks for it.
namespace Commence.Arch.X64;

/// <summary>Instructions of the processor that runs the caller.</summary>
public readonly struct X64Cpu : ICpu
{
    private const uint MsrTscAdjust = 0x3B;

    /// <inheritdoc/>
    public static void Relax() => X64Instructions.Pause();

    /// <inheritdoc/>
    /// <remarks>STI takes effect after the next instruction, so that no interrupt can come between it and HLT (SDM Vol 2B, STI).</remarks>
    public static void Idle() => X64Instructions.EnableAndHalt();

    /// <inheritdoc/>
    public static void Halt() => X64Instructions.HaltForever();

    /// <inheritdoc/>
    public static ulong ReadCycles() => X64Instructions.ReadTimeStampCounter();

    /// <inheritdoc/>
    public static bool TryReadCycleRate(out ulong hertz, out ReadOnlySpan<byte> source) => X64CycleRate.TryRead(out hertz, out source);

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> CycleCounterName => "tsc"u8;

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> CycleCounterTitle => "TSC"u8;

    /// <inheritdoc/>
    public static ulong ReadCyclesOrdered() => X64Instructions.ReadTimeStampCounterOrdered();

    /// <inheritdoc/>
    public static bool TryReadCycleOffset(out ulong offset)
    {
        bool exists = X64CpuId.HasTscAdjust;
        offset = exists ? X64Instructions.ReadMsr(MsrTscAdjust) : 0;
        return exists;
    }

    /// <inheritdoc/>
    public static void WriteCycleOffset(ulong offset) => X64Instructions.WriteMsr(MsrTscAdjust, offset);
}

/// <summary>The interrupt flag of the local processor.</summary>
public readonly struct X64LocalInterrupts : ILocalInterrupts
{
    private const ulong InterruptFlag = 1 << 9; // RFLAGS.IF; SDM Vol 1 §3.4.3, EFLAGS Register

    /// <inheritdoc/>
    public static IrqFlags Save() => new(X64Instructions.SaveFlagsAndDisable());

    /// <inheritdoc/>
    public static void Restore(IrqFlags flags)
    {
        if ((flags.Raw & InterruptFlag) != 0)
            X64Instructions.EnableInterrupts();
        else
            X64Instructions.DisableInterrupts();
    }

    /// <inheritdoc/>
    public static void Enable() => X64Instructions.EnableInterrupts();

    /// <inheritdoc/>
    public static void Disable() => X64Instructions.DisableInterrupts();

    /// <inheritdoc/>
    public static bool AreEnabled => (X64Instructions.ReadFlags() & InterruptFlag) != 0;
}

// The words that each processor has for itself, behind its GS base. asm.h knows the offsets.
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Commence.Firmware.Cpus;

namespace Commence.Arch.X64;

/// <summary>One processor's block: what assembly and the lowest layers need, then its descriptor tables.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct X64PerCpuBlock
{
    // The first fields are known to assembly: asm.h, PERCPU_….
    internal VirtAddr Self;
    internal nint CurrentTask;      // reference; written by Context.S when it switches
    internal nint Processor;        // reference
    internal ulong KernelStackTop;  // where SYSCALL and interrupts from user mode begin
    internal ulong UserStackPointer; // scratch of the SYSCALL entry
    internal uint PreemptWord;      // IPerCpuArea.cs draws it
    internal uint Id;
    internal uint InterruptDepth;
    internal uint ApicId;

    internal X64DescriptorTables Tables;

    // What the processor said of itself (X64Features.cs).
    internal CpuTraits Traits;
    internal bool IsFit;
    internal MemoryTypeChange MemoryTypes;
}

/// <summary>Per-processor words, through GS.</summary>
public readonly struct X64PerCpuArea : IPerCpuArea
{
    private const uint NoRescheduleWanted = 0x8000_0000;
    private const uint MsrGsBase = 0xC0000101;
    private const uint MsrKernelGsBase = 0xC0000102;

    /// <inheritdoc/>
    public static CpuId Id => new((int)ReadId());

    /// <inheritdoc/>
    public static object? Processor
    {
        get => ReadProcessor();
        // There is no collector that would want to know of the reference, and Processor objects are never freed.
        set => ReadSelf().Processor = Unsafe.As<object?, nint>(ref value);
    }

    /// <inheritdoc/>
    public static object? CurrentTask => ReadTask();

    /// <inheritdoc/>
    public static void DisablePreemption() => IncrementPreempt();

    /// <inheritdoc/>
    public static bool EnablePreemption() => DecrementPreempt();

    /// <inheritdoc/>
    public static uint PreemptDepth => ReadPreemptWord() & ~NoRescheduleWanted;

    /// <inheritdoc/>
    public static bool IsRescheduleWanted => (ReadPreemptWord() & NoRescheduleWanted) == 0;

    /// <inheritdoc/>
    public static void WantReschedule() => SetRescheduleWish();

    /// <inheritdoc/>
    public static void ClearRescheduleWish() => DropRescheduleWish();

    /// <inheritdoc/>
    public static uint InterruptDepth => ReadInterruptDepth();

    /// <summary>The block of the processor that runs the caller.</summary>
    internal static ref X64PerCpuBlock Block => ref ReadSelf();

    /// <summary>Makes <paramref name="block"/> the calling processor's own. Once per processor, before anything else in C#.</summary>
    /// <param name="block">Zeroed; lives for ever.</param>
    /// <param name="id">The processor's number.</param>
    internal static void Install(ref X64PerCpuBlock block, CpuId id)
    {
        block.Self = X64Memory.AddressOf(in block);
        block.Id = (uint)id.Value;
        block.PreemptWord = NoRescheduleWanted;
        X64Instructions.WriteMsr(MsrGsBase, block.Self.Value);
        X64Instructions.WriteMsr(MsrKernelGsBase, 0); // what SWAPGS gives user mode
    }

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_self")]
    private static extern ref X64PerCpuBlock ReadSelf();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_id")]
    private static extern uint ReadId();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_task")]
    private static extern object? ReadTask();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_processor")]
    private static extern object? ReadProcessor();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_disable_preemption")]
    private static extern void IncrementPreempt();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_enable_preemption")]
    private static extern bool DecrementPreempt();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_preempt_word")]
    private static extern uint ReadPreemptWord();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_want_reschedule")]
    private static extern void SetRescheduleWish();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_clear_reschedule_wish")]
    private static extern void DropRescheduleWish();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "percpu_irq_depth")]
    private static extern uint ReadInterruptDepth();
}

// How a processor that does not run yet is given its memory and started. The protocol (who is started when, how long one
// waits, what the verdict is) is the kernel's: kernel/Smp/SmpBoot.cs.
namespace Commence.Arch;

/// <summary>How far a processor got before it could speak for itself: written by its first instructions.</summary>
public enum BootStage : byte
{
    /// <summary>No instruction of ours ran.</summary>
    None = 0,

    /// <summary>x64: its trampoline began, in real mode.</summary>
    First = 1,

    /// <summary>x64: 32-bit mode.</summary>
    Second = 2,

    /// <summary>x64: long mode, with the kernel's page tables.</summary>
    Third = 3,

    /// <summary>C# code was reached.</summary>
    Kernel = 4,
}

/// <summary>A fault that a processor met before it had traps of its own. It halts then.</summary>
public readonly struct StartFault
{
    public StartFault(uint vector, uint code, VirtAddr address)
    {
        Vector = vector;
        Code = code;
        Address = address;
    }

    /// <summary>Number of the exception.</summary>
    public uint Vector { get; }

    /// <summary>Its error code; 0 if it has none.</summary>
    public uint Code { get; }

    /// <summary>The instruction.</summary>
    public VirtAddr Address { get; }
}

/// <summary>Memory that belongs to one processor for ever.</summary>
public readonly struct ProcessorMemory
{
    public ProcessorMemory(VirtAddr area, VirtAddr stackTop, VirtAddr faultStackTop, VirtAddr nmiStackTop, VirtAddr debugStackTop)
    {
        Area = area;
        StackTop = stackTop;
        FaultStackTop = faultStackTop;
        NmiStackTop = nmiStackTop;
        DebugStackTop = debugStackTop;
    }

    /// <summary>Zeroed, page-aligned, of <see cref="ISecondaryBoot.AreaSizeBytes"/> bytes: its per-processor words and tables.</summary>
    public VirtAddr Area { get; }

    /// <summary>End of the stack on which its C# begins: its idle task's.</summary>
    public VirtAddr StackTop { get; }

    /// <summary>End of the stack for double faults and machine checks.</summary>
    public VirtAddr FaultStackTop { get; }

    /// <summary>End of the stack for NMIs.</summary>
    public VirtAddr NmiStackTop { get; }

    /// <summary>End of the stack for debug exceptions.</summary>
    public VirtAddr DebugStackTop { get; }
}

/// <summary>Starting processors.</summary>
public interface ISecondaryBoot
{
    /// <summary>Bytes of one processor's area, a multiple of the page size.</summary>
    static abstract int AreaSizeBytes { get; }

    /// <summary>Makes the table with which processors start: the kernel's half, and low memory one to one.</summary>
    /// <param name="kernelRoot">Root of the kernel's page table, which they use from then on.</param>
    /// <returns>Its root; below 4 GiB.</returns>
    /// <remarks>Context: boot processor, before the first start. Callable again, for later starts.</remarks>
    static abstract PhysAddr OpenStartTable(PhysAddr kernelRoot);

    /// <summary>Takes low memory out of that table again, once nobody starts any more.</summary>
    static abstract void CloseStartTable();

    /// <summary>Fills the boot page of one processor: start code, page table, where its own memory is.</summary>
    /// <param name="page">The page; x64: below 1 MB.</param>
    /// <param name="startTable">What <see cref="OpenStartTable"/> returned.</param>
    /// <param name="kernelRoot">Root of the kernel's page table.</param>
    /// <param name="cpu">The kernel's number for it.</param>
    /// <param name="hardwareId">The interrupt controller's number for it.</param>
    /// <param name="memory">Its own memory.</param>
    static abstract void Prepare(
        Pfn page, PhysAddr startTable, PhysAddr kernelRoot, CpuId cpu, ApicId hardwareId, in ProcessorMemory memory);

    /// <summary>Makes a page on which all prepared processors may begin; each finds its own boot page from there.</summary>
    /// <param name="page">x64: below 1 MB; used by nobody else.</param>
    static abstract void PrepareStartPage(Pfn page);

    /// <summary>How far the processor of this boot page got. Acquire: what it wrote before is visible.</summary>
    static abstract BootStage ReadStage(Pfn page);

    /// <summary>The fault that ended the start of this boot page's processor.</summary>
    /// <returns>False if it met none.</returns>
    static abstract bool TryReadFault(Pfn page, out StartFault fault);

    /// <summary>Stops the processor and makes it wait for a start message (x64: INIT).</summary>
    static abstract void Reset(ApicId cpu);

    /// <summary>Ends the reset, where the hardware wants that said (x64: INIT level de-assert).</summary>
    static abstract void EndReset(ApicId cpu);

    /// <summary>Makes it begin at its boot page, or at the start page (x64: SIPI).</summary>
    static abstract void Start(ApicId cpu, Pfn page);

    /// <summary>Whether the last message has been taken; bounded polls are the caller's.</summary>
    static abstract bool IsDelivered { get; }

    /// <summary>Errors that the interrupt controller saw since the last call (x64: ESR).</summary>
    static abstract uint ReadAndClearErrors();

    /// <summary>How long a processor of this kind needs between reset and start message.</summary>
    static abstract Nanoseconds ResetDelay { get; }

    /// <summary>Whether processors of this machine know no start message: <see cref="SetStartVector"/> is then what starts them,
    /// one at a time.</summary>
    static abstract bool NeedsStartVector { get; }

    /// <summary>Makes processors that know no start message begin at this boot page after their reset (x64: warm-reset vector).</summary>
    static abstract void SetStartVector(Pfn page);

    /// <summary>Takes <see cref="SetStartVector"/> back.</summary>
    static abstract void ClearStartVector();

    /// <summary>Gives the boot processor the stacks that it could not have at entry.</summary>
    static abstract void CompleteBootProcessor(in ProcessorMemory memory);

    /// <summary>Loads what interrupts need of the calling processor (x64: the task register).</summary>
    static abstract void LoadTaskState();
}

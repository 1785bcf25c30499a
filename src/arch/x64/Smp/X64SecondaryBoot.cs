// Starting processors by INIT and SIPI, and their way from the trampoline to the kernel.
//
//   boot processor                    the other
//   Prepare   page filled
//   Reset     INIT ─────────────────▶ waits for SIPI
//   Start     SIPI ─────────────────▶ Trampoline.S ─▶ secondary_entry ─▶ OnStart ─▶ TrapSink.OnSecondaryStart
//
// Sources: SDM Vol 3A §8.4.4 "MP Initialization Example"; MP Spec 1.4 appendix B.4 "Application Processor Startup".
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Commence.Arch.X64;

/// <summary>Processors that do not run yet.</summary>
public readonly struct X64SecondaryBoot : ISecondaryBoot
{
    private const int PageSizeBytes = 4096;

    // Processors before Intel's P6 and AMD's K8 need 10 ms between INIT and SIPI (MP Spec 1.4 §B.4). None of them has 64-bit
    // mode, so none runs this kernel. One that wants the pause all the same gets it by the protocol's escalation.
    private const ulong ResetDelayNs = 0;

    /// <inheritdoc/>
    public static int AreaSizeBytes => PageSizeBytes;

    // The tables of early boot serve again: their kernel half becomes the final one, their lower half shrinks to the first
    // 2 MiB. They lie in the image, below 4 GiB as 32-bit code wants it.
    private const int TableEntries = 512;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private const ulong PresentWritable = 3;

    /// <inheritdoc/>
    public static PhysAddr OpenStartTable(PhysAddr kernelRoot)
    {
        Span<ulong> start = Table(new VirtAddr(X64Memory.BootPageTable));
        Table(X64Memory.ToVirtual(kernelRoot))[(TableEntries / 2)..].CopyTo(start[(TableEntries / 2)..]);

        Span<ulong> pointers = Table(new VirtAddr(X64Memory.BootPointerTable));
        Span<ulong> directory = Table(X64Memory.ToVirtual(new PhysAddr(pointers[0] & AddressMask)));
        start[0] = (X64Memory.BootPointerTable - X64Memory.KernelBase) | PresentWritable;
        pointers[1..].Clear();
        directory[1..].Clear();
        X64StartTraps.Build();
        X64StartDirectory.Clear();
        return new PhysAddr(X64Memory.BootPageTable - X64Memory.KernelBase);
    }

    /// <inheritdoc/>
    public static void CloseStartTable() => Table(new VirtAddr(X64Memory.BootPageTable))[0] = 0; // no processor has it loaded any more

    private static Span<ulong> Table(VirtAddr address)
    {
        // SAFETY: a table of early boot, which lies in the image, or the kernel's root: nobody frees them, and after boot nobody
        // else changes what is changed here.
        unsafe
        {
            return new Span<ulong>((void*)address.Value, TableEntries);
        }
    }

    /// <inheritdoc/>
    public static void PrepareStartPage(Pfn page)
    {
        CopyTrampoline(page);
        X64BootPage.Of(page).Directory = X64StartDirectory.PhysicalAddress;
    }

    /// <inheritdoc/>
    public static void Prepare(
        Pfn page, PhysAddr startTable, PhysAddr kernelRoot, CpuId cpu, ApicId hardwareId, in ProcessorMemory memory)
    {
        CopyTrampoline(page);
        X64StartDirectory.Add(hardwareId, page);
        ref X64BootPage data = ref X64BootPage.Of(page);
        data.Directory = 0;
        data.Stage = (ulong)BootStage.None;
        data.PageTable = startTable.Value;
        data.KernelRoot = kernelRoot.Value;
        data.StackTop = memory.StackTop.Value;
        data.FaultVector = 0;
        data.Self = X64Memory.AddressOf(in data);
        data.BlockAddress = memory.Area;
        data.Cpu = (uint)cpu.Value;
        data.FaultStackTop = memory.FaultStackTop.Value;
        data.NmiStackTop = memory.NmiStackTop.Value;
        data.DebugStackTop = memory.DebugStackTop.Value;
        Interlocked.MemoryBarrier(); // all of it before the message that starts the reader
    }

    private static void CopyTrampoline(Pfn page)
    {
        // SAFETY: the page is a low page of memory that the caller owns; the trampoline is in the image's read-only data and
        // ends below the data at X64BootPage.Offset, with room for a stack between.
        unsafe
        {
            new ReadOnlySpan<byte>((void*)TrampolineStart(), TrampolineSize())
                .CopyTo(new Span<byte>((void*)X64Memory.ToVirtual(page.Address).Value, PageSizeBytes));
        }
    }

    /// <inheritdoc/>
    public static BootStage ReadStage(Pfn page) => (BootStage)Volatile.Read(ref X64BootPage.Of(page).Stage);

    /// <inheritdoc/>
    public static bool TryReadFault(Pfn page, out StartFault fault)
    {
        ref X64BootPage data = ref X64BootPage.Of(page);
        uint vector = Volatile.Read(ref data.FaultVector); // acquire: code and address were written before
        fault = new StartFault(vector - 1, data.FaultCode, new VirtAddr(data.FaultAddress));
        return vector != 0;
    }

    /// <inheritdoc/>
    public static bool NeedsStartVector => X64WarmReset.IsNeeded;

    /// <inheritdoc/>
    public static void SetStartVector(Pfn page) => X64WarmReset.Arm(page);

    /// <inheritdoc/>
    public static void ClearStartVector() => X64WarmReset.Disarm();

    /// <inheritdoc/>
    public static void Reset(ApicId cpu) => X64LocalApic.SendInit(cpu);

    /// <inheritdoc/>
    public static void EndReset(ApicId cpu) => X64LocalApic.SendInitDeassert(cpu);

    /// <inheritdoc/>
    public static void Start(ApicId cpu, Pfn page) => X64LocalApic.SendStartup(cpu, (byte)page.Value);

    /// <inheritdoc/>
    public static bool IsDelivered => X64LocalApic.IsDelivered;

    /// <inheritdoc/>
    public static uint ReadAndClearErrors() => X64LocalApic.ReadAndClearErrors();

    /// <inheritdoc/>
    public static Nanoseconds ResetDelay => new(ResetDelayNs);

    /// <inheritdoc/>
    public static void CompleteBootProcessor(in ProcessorMemory memory) =>
        SetStacks(ref X64PerCpuArea.Block, memory.FaultStackTop.Value, memory.NmiStackTop.Value, memory.DebugStackTop.Value);

    /// <inheritdoc/>
    public static void LoadTaskState() => X64PerCpuArea.Block.Tables.LoadTaskState();

    /// <summary>The first C# of a processor, on its idle task's stack.</summary>
    /// <remarks>Context: AP call-in. IRQs: off. Never returns.</remarks>
    public static void OnStart(nint bootPageData)
    {
        ref X64BootPage page = ref X64BootPage.At(bootPageData);
        ref X64PerCpuBlock block = ref page.Block;
        CpuId cpu = new((int)page.Cpu);

        X64Instructions.WriteCr3(page.KernelRoot); // low memory is gone with it
        SetStacks(ref block, page.FaultStackTop, page.NmiStackTop, page.DebugStackTop);
        block.Tables.Load();
        X64PerCpuArea.Install(ref block, cpu); // GS no longer shows the boot page: the next line must follow at once
        X64Traps.LoadOnThisCpu();
        block.Tables.LoadTaskState();          // so that an NMI has its stack; again once there is an idle task
        if (X64Features.EnableOnThisCpu()) // else it has no more to do than to say so
            X64LocalApic.EnableAfterReset();
        Volatile.Write(ref page.Stage, (ulong)BootStage.Kernel); // release
        TrapSink.Instance.OnSecondaryStart(cpu);
    }

    private static void SetStacks(ref X64PerCpuBlock block, ulong fault, ulong nmi, ulong debug)
    {
        ref X64TaskState tss = ref block.Tables.TaskStateSegment;
        tss.Ist1 = fault; // IstSlot.DoubleFault
        tss.Ist2 = nmi;   // IstSlot.Nmi
        tss.Ist3 = fault; // IstSlot.MachineCheck: as fatal as a double fault, and it never returns either
        tss.Ist4 = debug; // IstSlot.Debug
    }

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_trampoline_start")]
    private static extern nint TrampolineStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_trampoline_size")]
    private static extern int TrampolineSize();
}

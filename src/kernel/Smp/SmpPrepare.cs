// What a processor needs before it may be started: its per-processor area, its stacks, its idle task, its boot page.
//
// All but the boot page is made once and stays the processor's for ever, whether it comes or not: one that was given up may
// still be running on it.
using Commence.Arch;
using Commence.Memory;
using Commence.Sched;

namespace Commence.Smp;

/// <summary>Preparation of processors (Linux: <c>idle_threads_init</c>, the PREPARE states).</summary>
internal static class SmpPrepare
{
    /// <summary>Makes a processor ready to be started.</summary>
    /// <param name="processor">One that is Absent or has a verdict.</param>
    /// <param name="startTable">What <see cref="ISecondaryBoot.OpenStartTable"/> returned.</param>
    /// <returns>False if there is no memory; it has a verdict then.</returns>
    /// <remarks>Context: thread, one at a time (<see cref="SmpInit"/>'s lock).</remarks>
    internal static bool TryPrepare(Processor processor, PhysAddr startTable)
    {
        ProcessorState before = processor.State;
        if (!TryMakeMemory(processor) || !TryTakeBootPage(processor))
        {
            processor.TryAdvance(before, ProcessorState.Failed);
            Printk.Error($"smp: no memory to start CPU{processor.Id}");
            return false;
        }

        ProcessorMemory memory = processor.Memory;
        SecondaryBoot.Prepare(
            processor.BootPage, startTable, KernelMemory.KernelRoot, processor.Id, processor.HardwareId, in memory);
        processor.Tsc = default;
        return processor.TryAdvance(before, ProcessorState.Prepared);
    }

    /// <summary>Makes the stacks that the boot processor could not have at entry.</summary>
    /// <returns>False if there is no memory.</returns>
    /// <remarks>Context: early boot.</remarks>
    internal static bool TryMakeBootMemory(out ProcessorMemory memory) => TryAllocate(default, default, out memory);

    private static bool TryMakeMemory(Processor processor)
    {
        if (processor.HasMemory)
            return true;
        if (!KernelMemory.Pages.TryAllocate(AllocationFlags.Zero, out Pfn area) || !Scheduler.TryAddProcessor(processor))
            return false;
        if (!TryAllocate(DirectMap.ToVirtual(area.Address), processor.IdleTask.Stack.Top, out ProcessorMemory memory))
            return false;

        processor.Memory = memory;
        processor.HasMemory = true;
        return true;
    }

    private static bool TryAllocate(VirtAddr area, VirtAddr stackTop, out ProcessorMemory memory)
    {
        memory = default;
        if (!KernelStack.TryAllocate(out KernelStack fault) || !KernelStack.TryAllocate(out KernelStack nmi)
            || !KernelStack.TryAllocate(out KernelStack debug))
            return false;

        memory = new ProcessorMemory(area, stackTop, fault.Top, nmi.Top, debug.Top);
        return true;
    }

    // One that had a verdict keeps the page on which it may be standing.
    private static bool TryTakeBootPage(Processor processor)
    {
        if (processor.BootPage != default)
            return true;
        if (!LowPages.TryTake(out Pfn page))
            return false;
        processor.BootPage = page;
        return true;
    }
}

// Which processors use an address space, and how they are told about changes.
//
//   Switch(next):   bit in next's mask (full barrier) ─▶ load root ─▶ bit out of the old one's mask
//   a change:       page table entry (full barrier)   ─▶ read mask ─▶ flush on those processors
//
// Either the change sees the bit, or the processor loads the root after the change and cannot know the old entry.
//
// A processor that goes on with a kernel thread keeps what it has loaded, since it will most likely come back to it. Its bit
// stays, so that it is flushed too. When an address space goes, such processors are made to leave it.
using System.Threading;
using Commence.Arch;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Mm;

public sealed partial class AddressSpace
{
    /// <summary>Loads an address space on this processor, or none: kernel threads keep what is loaded.</summary>
    /// <remarks>Context: scheduler. IRQs: off.</remarks>
    public static void Switch(AddressSpace? next)
    {
        if (next is null)
            return;

        Processor? here = CurrentProcessor;
        if (here is not null && here.LoadedSpace == next)
            return;

        CpuId cpu = PerCpuArea.Id;
        _ = next._activeCpus.AddAtomic(cpu); // a bit that is there already stays
        PageTableFormat.LoadRoot(next.Root);
        if (here is null)
            return; // early boot, and tests without a machine
        AddressSpace? previous = Interlocked.Exchange(ref here.LoadedSpace, next);
        if (previous is not null)
            _ = previous._activeCpus.RemoveAtomic(cpu); // LeaveEverywhere may wait for this
    }

    /// <summary>Processors that may have it loaded.</summary>
    public ref readonly CpuMask ActiveCpus => ref _activeCpus;

    private static Processor? CurrentProcessor => PerCpuArea.Processor as Processor;

    // Makes all processors forget pages. IRQs: on.
    private void Flush(UserAddr start, ulong pageCount)
    {
        if (_isGone)
            return;

        CpuId self;
        using (Preempt.Guard guard = Preempt.Disable())
        {
            self = guard.Pinned.Cpu;
            LocalTlb.Flush(Root, start, pageCount);
        }

        // If the caller is moved here and now, the switch on its new processor flushes or finds the flush done there.
        if (TlbShootdown.Instance is TlbShootdown shootdown && IsActiveBeside(self))
            shootdown.FlushUser(in _activeCpus, Root, start, pageCount);
    }

    private bool IsActiveBeside(CpuId self)
    {
        foreach (CpuId cpu in _activeCpus)
        {
            if (cpu != self)
                return true;
        }

        return false;
    }

    // No thread uses it any more: makes the processors leave it that still have it loaded.
    private void LeaveEverywhere()
    {
        using (LocalIrq.Disable())
        {
            LocalTlb.Leave(Root);
            Forget(PerCpuArea.Id);
        }

        if (_activeCpus.IsEmpty)
            return;
        TlbShootdown.Instance?.Leave(in _activeCpus, Root);
        foreach (CpuId cpu in _activeCpus)
            Forget(cpu);
    }

    private void Forget(CpuId cpu)
    {
        if (cpu.Value >= Processors.Count)
        {
            _ = _activeCpus.RemoveAtomic(cpu); // a processor without an object: see Switch
            return;
        }

        if (Interlocked.CompareExchange(ref Processors.Get(cpu).LoadedSpace, null, this) == this)
        {
            _ = _activeCpus.RemoveAtomic(cpu); // it was there: the processor adds it only in Switch
            return;
        }

        // The processor is inside Switch, with interrupts off: it removes its bit within some instructions.
        while (_activeCpus.Contains(cpu))
            Cpu.Relax();
    }
}

// What the kernel's page table allows: nothing is both writable and executable, under no address, and guards are guards.
using System.Threading;
using Commence.Arch;
using Commence.Arch.X64;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Sched;
using Commence.Smp;

namespace Commence.Testing;

internal static class KernelMapTests
{
    private static readonly VirtAddr s_upperHalf = new(0xFFFF_8000_0000_0000);
    private static readonly VirtAddr s_end = new(0xFFFF_FFFF_FFFF_F000);

    [KernelTest]
    internal static void NothingIsWritableAndExecutable()
    {
        int count = 0;
        VirtAddr address = s_upperHalf;
        while (KernelMemory.Table.TryFindMapped(address, s_end, out PageMapping page))
        {
            CheckPage(in page);
            count++;
            address = page.Address + page.SizeBytes;
        }

        Check.That(count > 100); // the walk has seen the image at least
    }

    [KernelTest]
    internal static void TheLowerHalfIsEmpty()
    {
        Check.That(!KernelMemory.Table.TryLookup(default, out _));
        Check.That(!KernelMemory.Table.TryFindMapped(default, new VirtAddr(AddressLayout.UserEnd.Value), out PageMapping found));
        _ = found;
    }

    [KernelTest]
    internal static void TextAndConstantsAreReadOnlyInTheDirectMapToo()
    {
        ulong length = ImageLayout.ConstantsEnd - ImageLayout.TextStart;
        for (ulong offset = 0; offset < length; offset += Limits.PageSizeBytes)
        {
            Check.That(KernelMemory.Table.TryLookup(ImageLayout.TextStart + offset, out PageMapping image));
            Check.That((image.Protection & PageProtection.Write) == 0);
            Check.That(KernelMemory.Table.TryLookup(DirectMap.ToVirtual(image.Target), out PageMapping alias));
            Check.That((alias.Protection & (PageProtection.Write | PageProtection.Execute)) == 0);
        }
    }

    [KernelTest]
    internal static void WhatOnlyTheBootNeededIsGone()
    {
        Check.That(ImageLayout.InitEnd > ImageLayout.InitStart);
        for (VirtAddr address = ImageLayout.InitStart; address < ImageLayout.InitEnd; address += Limits.PageSizeBytes)
        {
            Check.That(!KernelMemory.Table.TryLookup(address, out _));
            PhysAddr page = ImageLayout.LoadStart + (address - ImageLayout.TextStart);
            Check.That(KernelMemory.Pages.Kind(page.Frame) != PageKind.Reserved);
        }
    }

    [KernelTest]
    internal static void ThisStackHasAGuardBelow()
    {
        KernelStack stack = Task.Current.Stack;
        for (ulong offset = 0; offset < KernelStack.SizeBytes; offset += Limits.PageSizeBytes)
        {
            Check.That(KernelMemory.Table.TryLookup(stack.Bottom + offset, out PageMapping page));
            Check.That((page.Protection & PageProtection.Write) != 0);
        }

        CheckUnmapped(new VirtAddr(stack.Bottom.Value - Limits.PageSizeBytes));
        Check.That(KernelMemory.Stacks.IsGuard(new VirtAddr(stack.Bottom.Value - 1)));
        Check.That(!KernelMemory.Stacks.IsGuard(stack.Bottom));
        CheckUnmapped(new VirtAddr(ImageLayout.BootStackStart.Value - Limits.PageSizeBytes));
    }

    // Each processor has loaded what the tests above look at, or a table that shares its upper half.
    private sealed class Roots : Work
    {
        internal int Checked;

        internal override void Run(int index)
        {
            using Preempt.Guard guard = Preempt.Disable();
            PhysAddr root = PageTableFormat.ReadRoot();
            bool isSame = true;
            for (int i = 256; i < 512; i++)
                isSame &= DirectMap.Words(root.Frame)[i] == DirectMap.Words(KernelMemory.KernelRoot.Frame)[i]
                    || ((DirectMap.Words(root.Frame)[i] ^ DirectMap.Words(KernelMemory.KernelRoot.Frame)[i]) & ~0x60ul) == 0; // accessed, dirty
            if (isSame)
                Interlocked.Increment(ref Checked);
        }
    }

    [KernelTest]
    internal static void EveryProcessorUsesThisTable()
    {
        Roots work = new();
        Crew.RunOnEachCpu(work);
        Check.Equal(Processors.OnlineCount, work.Checked);
        Kmem.Free(work);
    }

    private static void CheckPage(in PageMapping page)
    {
        PageProtection protection = page.Protection;
        bool isWritable = (protection & PageProtection.Write) != 0;
        bool isExecutable = (protection & PageProtection.Execute) != 0;
        if (isWritable && isExecutable)
            TestThread.Fail($"{page.Address} is writable and executable");
        if ((protection & PageProtection.User) != 0)
            TestThread.Fail($"{page.Address} is open to user programs");
        bool isText = page.Address >= ImageLayout.TextStart && page.Address < ImageLayout.TextEnd;
        if (isExecutable != isText)
            TestThread.Fail($"{page.Address}: executable where there is no text, or text that is not");
    }

    private static void CheckUnmapped(VirtAddr address)
    {
        if (KernelMemory.Table.TryLookup(address, out _))
            TestThread.Fail($"{address} is mapped, but should guard a stack");
    }
}

// Other processors remember translations too. Whoever changes a page table tells them through this hook.
//
//   AddressSpace, KernelTlb ─▶ TlbShootdown ─▶ (kernel/Smp: an IPI, each target flushes, the sender waits for all)
using System.Threading;
using Commence.Lib;

namespace Commence.Memory;

/// <summary>Makes other processors forget translations. The kernel registers its one implementation before it starts a second processor.</summary>
public abstract class TlbShootdown
{
    /// <summary>More pages than this at once: forgetting everything is cheaper.</summary>
    public const int PagesMax = 32;

    private static TlbShootdown? s_instance;

    /// <summary>The hook; null as long as there is one processor.</summary>
    public static TlbShootdown? Instance
    {
        get => Volatile.Read(ref s_instance);
        set => Volatile.Write(ref s_instance, value);
    }

    /// <summary>Makes other processors forget part of an address space, where they use it.</summary>
    /// <param name="targets">Processors that may have it loaded; the caller's own is skipped.</param>
    /// <param name="root">Root table of the address space. A target that has loaded another ignores the request: loading flushed.</param>
    /// <param name="start">First page.</param>
    /// <param name="pageCount">Pages; more than <see cref="PagesMax"/> stands for all.</param>
    /// <remarks>Context: thread. IRQs: on. Returns when all have done it: afterwards the pages may be used for something else.
    /// The target calls <see cref="LocalTlb.Flush"/>.</remarks>
    public abstract void FlushUser(in CpuMask targets, PhysAddr root, UserAddr start, ulong pageCount);

    /// <summary>Makes all other processors forget part of the kernel's own mappings.</summary>
    /// <inheritdoc cref="FlushUser"/>
    public abstract void FlushKernel(VirtAddr start, ulong pageCount);

    /// <summary>Makes processors that have an address space still loaded, though no thread of it runs there, load the kernel's
    /// root instead, so that the tables can be freed.</summary>
    /// <param name="targets">Processors that may have it loaded; the caller's own is skipped.</param>
    /// <param name="root">Its root table. The target calls <see cref="LocalTlb.Leave"/>.</param>
    /// <remarks>Context: thread. IRQs: on. Returns when all have done it.</remarks>
    public abstract void Leave(in CpuMask targets, PhysAddr root);
}

/// <summary>What a processor itself remembers.</summary>
public static class LocalTlb
{
    /// <summary>Forgets pages of the address space with this root, if it is loaded here.</summary>
    /// <remarks>Context: IPI handler, or pinned.</remarks>
    public static void Flush(PhysAddr root, UserAddr start, ulong pageCount)
    {
        if (PageTableFormat.ReadRoot() == root)
            FlushPages(new VirtAddr(start.Value), pageCount, isGlobal: false);
    }

    /// <summary>Forgets pages of the kernel.</summary>
    /// <remarks>Context: IPI handler, or pinned.</remarks>
    public static void FlushKernel(VirtAddr start, ulong pageCount) => FlushPages(start, pageCount, isGlobal: true);

    /// <summary>Loads the kernel's own root if this one is loaded here.</summary>
    /// <remarks>Context: IPI handler, or pinned. No thread of the address space runs here.</remarks>
    public static void Leave(PhysAddr root)
    {
        if (PageTableFormat.ReadRoot() == root)
            PageTableFormat.LoadRoot(KernelMemory.KernelRoot);
    }

    private static void FlushPages(VirtAddr start, ulong pageCount, bool isGlobal)
    {
        if (pageCount > TlbShootdown.PagesMax)
        {
            if (isGlobal)
                PageTableFormat.FlushLocalGlobal();
            else
                PageTableFormat.FlushLocal();
            return;
        }

        for (ulong i = 0; i < pageCount; i++)
            PageTableFormat.FlushPage(start + (i << Limits.PageShift));
    }
}

/// <summary>Changes of the kernel's own mappings.</summary>
public static class KernelTlb
{
    /// <summary>Makes all processors forget a range.</summary>
    /// <remarks>Context: thread. IRQs: on.</remarks>
    public static void FlushRange(VirtAddr start, ulong lengthBytes)
    {
        ulong pages = (lengthBytes + Limits.PageSizeBytes - 1) >> Limits.PageShift;
        LocalTlb.FlushKernel(start, pages);
        TlbShootdown.Instance?.FlushKernel(start, pages);
    }
}

// The kernel's one instance of everything, on the host: started at first use, on memory of its own.
using Commence.Arch.Hosted;

namespace Commence.Memory;

public static partial class KernelMemory
{
    static KernelMemory()
    {
        bool isStarted = s_memblock.TryAddMemory(new PhysAddr(HostedMemory.KernelStart), HostedMemory.SizeBytes - HostedMemory.KernelStart)
            && TryStart(new PhysAddr(HostedMemory.SizeBytes), KmemCacheFlags.Poison | KmemCacheFlags.RedZone)
            && TryStartSizes()
            && TryBuildHostedTable();
        if (!isStarted)
            throw new InvalidOperationException("no memory for the hosted kernel");
    }

    // Kernel addresses are only numbers here: no memory is mapped, but stacks and buffers have places.
    private static bool TryBuildHostedTable()
    {
        if (!PageTable.TryCreate(s_pages, null, out PageTable table) || !table.TryPrepareTop(AddressLayout.VmallocStart))
            return false;
        s_table = table;
        s_stacks = new KernelStackPool(s_pages, table, AddressLayout.VmallocStart);
        s_vmalloc = new VirtualArea(s_pages, table, s_stacks.End, AddressLayout.VmallocEnd);
        return true;
    }
}

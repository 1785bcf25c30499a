// Pages on their way back to the allocator, linked through their descriptors: any number of them, without memory for a list.
namespace Commence.Memory;

/// <summary>Pages that the holder alone owns. All-zero is empty.</summary>
/// <remarks>A page can be in one chain only, and must have no use for its list links.</remarks>
public struct PageChain
{
    private uint _head;

    /// <summary>There is none.</summary>
    public readonly bool IsEmpty => _head == 0;

    /// <summary>Adds a page.</summary>
    public void Add(PageAllocator pages, Pfn page)
    {
        pages.Descriptor(page).Next = _head;
        _head = (uint)page.Value;
    }

    /// <summary>Frees them all.</summary>
    /// <remarks>Context: any. Nobody may hold another reference to them, nor a translation.</remarks>
    public void FreeAll(PageAllocator pages)
    {
        while (_head != 0)
        {
            Pfn page = new(_head);
            _head = pages.Descriptor(page).Next;
            pages.Free(page);
        }
    }
}

// Calls of interface methods that may end in four or more classes. (For fewer the compiler compares method tables in place.)
//
//   caller:  lea r11, [cell]; call [cell]     cell: { stub, rel32 interface | 2 flag bits }, several in a row,
//                                             then    { 0, slot of the method in the interface }
//   stub (assembly): looks into the cache; finds the method and jumps, or asks Resolve below
//
//   cache entry:  free ─▶ claimed ─▶ valid, for ever: who finds its cell there may read the rest without a lock
//
// An entry that another pair of cell and class has taken is not replaced: then each such call is resolved anew. So a processor
// never sees an entry half changed, whatever interrupts whom.
//
// Source: dotnet/runtime, NativeAOT dispatch cells and dispatch maps as formats; checked for ilc 10.0.12.
using System.Runtime;
using System.Runtime.InteropServices;
using System.Threading;
using Internal.Runtime.CompilerHelpers;

namespace Internal.Runtime;

/// <summary>One class's interface methods: a row for each, rows of instance methods first.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DispatchMap
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct Row
    {
#pragma warning disable CS0649 // written by the compiler into the image
        internal ushort Interface;  // index in the class's list of interfaces
        internal ushort Slot;       // of the method, in the interface
        internal ushort Virtual;    // of the method that implements it, in the class
#pragma warning restore CS0649
    }

#pragma warning disable CS0649 // written by the compiler into the image
    private readonly ushort _standardCount;
    private readonly ushort _defaultCount;
    private readonly ushort _staticStandardCount;
    private readonly ushort _staticDefaultCount;
#pragma warning restore CS0649

    internal readonly int RowCount => _standardCount + _defaultCount;

    internal readonly Row GetRow(int index)
    {
        fixed (DispatchMap* self = &this)
            return ((Row*)(self + 1))[index];
    }
}

/// <summary>Finds the method that an interface call means.</summary>
internal static unsafe class InterfaceDispatch
{
    private const int FlagBits = 3;
    private const int IsIndirect = 2; // of the flags: the relative pointer leads to a pointer to the interface
    private const int SpecialSlotFirst = 0xFFFE; // no single implementation: the compiler refuses what would need it

#pragma warning disable CS0649 // written by the compiler into the image
    private struct Cell
    {
        internal nint Stub;
        internal nint Contents;
    }
#pragma warning restore CS0649

    // Known to src/arch/*/Runtime, which looks entries up.
    private struct CacheEntry
    {
        internal nint Cell;          // 0: not valid (yet)
        internal MethodTable* Type;
        internal nint Method;
        internal nint IsClaimed;     // 0: free
    }

    /// <summary>Finds the method for an object and remembers it.</summary>
    /// <param name="target">The object whose method is called.</param>
    /// <param name="cell">The caller's cell.</param>
    /// <param name="entry">Where the stub looks for this cell and class the next time.</param>
    /// <remarks>Context: any. IRQs: any.</remarks>
    [RuntimeExport("ResolveInterfaceCall")]
    private static nint ResolveCall(object target, Cell* cell, CacheEntry* entry)
    {
        nint method = Resolve(target, cell);
        if (Interlocked.CompareExchange(ref entry->IsClaimed, 1, 0) == 0)
        {
            entry->Type = target.m_pEEType;
            entry->Method = method;
            Volatile.Write(ref entry->Cell, (nint)cell); // release: the rest is there
        }

        return method;
    }

    /// <summary>Finds the method for an object. The compiler also asks where an interface method becomes a function pointer.</summary>
    [RuntimeExport("RhpResolveInterfaceMethod")]
    private static nint Resolve(object target, Cell* cell)
    {
        MethodTable* type = target.m_pEEType;
        MethodTable* wanted = InterfaceOf(cell);
        int slot = SlotOf(cell);
        for (MethodTable* at = type; at != null; at = at->BaseType)
        {
            if (!TryFindRow(at, wanted, slot, out int found))
                continue;
            if (found >= SpecialSlotFirst)
                break;
            // A method that can be overridden is taken from the object's own class, a sealed one stands where it is declared.
            return found < at->VirtualCount ? type->GetVirtual(found) : at->GetSealedVirtual(found - at->VirtualCount);
        }

        ThrowHelpers.ThrowInvalidCast(); // a variant interface, or a damaged object
        return 0;
    }

    private static bool TryFindRow(MethodTable* type, MethodTable* wanted, int slot, out int found)
    {
        found = 0;
        DispatchMap* map = type->DispatchMap;
        if (map == null)
            return false;

        for (int i = 0; i < map->RowCount; i++)
        {
            DispatchMap.Row row = map->GetRow(i);
            if (row.Slot == slot && type->GetInterface(row.Interface) == wanted)
            {
                found = row.Virtual;
                return true;
            }
        }

        return false;
    }

    private static MethodTable* InterfaceOf(Cell* cell)
    {
        int* relative = (int*)&cell->Contents;
        nint address = (nint)((byte*)relative + *relative);
        bool isIndirect = (address & FlagBits) == IsIndirect;
        address &= ~(nint)FlagBits;
        return isIndirect ? *(MethodTable**)address : (MethodTable*)address;
    }

    // It stands behind the last cell of the row.
    private static int SlotOf(Cell* cell)
    {
        while (cell->Stub != 0)
            cell++;
        return (ushort)cell->Contents;
    }
}

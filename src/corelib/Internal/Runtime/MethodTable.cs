// What the compiler writes for each type: size, base type, interfaces, virtual methods. Read by the allocator and by casts.
//
//   offset  0  u16 component size (arrays, strings), u16 flags
//           4  u32 base size: with the 8-byte header before the object, which nobody uses here
//           8  base type, or element type of an array
//          16  u16 virtual slots, u16 interfaces, u32 hash code
//          24  virtual slots, then interfaces, then 32-bit relative pointers: type manager, writable data, and those of the
//              following that the flags announce: dispatch map, finalizer, sealed virtual slots
//
// Source: dotnet/runtime, NativeAOT MethodTable layout, checked for ilc 10.0.12.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Internal.Runtime.CompilerHelpers;

namespace Internal.Runtime;

[StructLayout(LayoutKind.Sequential)]
public unsafe struct MethodTable
{
    private const int PointerSize = 8;
    private const uint HasDispatchMap = 0x4_0000;
    private const uint HasFinalizer = 0x10_0000;
    private const uint HasSealedSlots = 0x40_0000;

    private readonly uint _flags;
    private readonly uint _baseSize;
    private readonly MethodTable* _relatedType;
    private readonly ushort _virtualCount;
    private readonly ushort _interfaceCount;
    private readonly uint _hashCode;

    /// <summary>The method table of a type. The type counts as constructed, so that its virtual slots are kept.</summary>
    [Intrinsic]
    public static MethodTable* Of<T>() => Of<T>();

    /// <summary>Bytes that an object takes from its first field's method table pointer to its end.</summary>
    public readonly uint ObjectSize => _baseSize - PointerSize;

    /// <summary>The base class, or null for Object.</summary>
    public readonly MethodTable* BaseType => _relatedType;

    /// <summary>A word per type that the allocator uses for its slab cache.</summary>
    /// <remarks>The compiler gives every type a writable slot behind a relative pointer, the second after the interfaces.</remarks>
    public readonly nint* WritableData
    {
        get
        {
            int* relative = RelativePointers + 1;
            return (nint*)((byte*)relative + *relative);
        }
    }

    internal readonly int VirtualCount => _virtualCount;

    internal readonly nint GetVirtual(int slot)
    {
        fixed (MethodTable* self = &this)
            return ((nint*)((byte*)self + sizeof(MethodTable)))[slot];
    }

    /// <summary>Which of the class's own methods implement which methods of its interfaces; null if it has none of its own.</summary>
    internal readonly DispatchMap* DispatchMap
    {
        get
        {
            int* relative = RelativePointers + 2;
            return (_flags & HasDispatchMap) == 0 ? null : (DispatchMap*)((byte*)relative + *relative);
        }
    }

    /// <summary>A virtual method that nothing overrides: it stands in a table of 32-bit relative pointers of its own.</summary>
    internal readonly nint GetSealedVirtual(int slot)
    {
        int* relative = RelativePointers + 2;
        if ((_flags & HasDispatchMap) != 0)
            relative++;
        if ((_flags & HasFinalizer) != 0)
            relative++;
        if ((_flags & HasSealedSlots) == 0)
            ThrowHelpers.ThrowInvalidOperation();
        int* method = (int*)((byte*)relative + *relative) + slot;
        return (nint)((byte*)method + *method);
    }

    internal readonly int InterfaceCount => _interfaceCount;

    internal readonly MethodTable* GetInterface(int index)
    {
        fixed (MethodTable* self = &this)
            return ((MethodTable**)((byte*)self + sizeof(MethodTable) + (_virtualCount * PointerSize)))[index];
    }

    private readonly int* RelativePointers
    {
        get
        {
            fixed (MethodTable* self = &this)
                return (int*)((byte*)self + sizeof(MethodTable) + ((_virtualCount + _interfaceCount) * PointerSize));
        }
    }
}

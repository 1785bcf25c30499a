// What the compiler writes for each type: size, base type, interfaces, virtual methods. Read by the allocator and by casts.
//
//   offset  0  u16 component size (arrays, strings), u16 flags
//           4  u32 base size: with the 8-byte header before the object, which nobody uses here
//           8  base type, or element type of an array
//          16  u16 virtual slots, u16 interfaces, u32 hash code
//          24  virtual slots, then interfaces, then 32-bit relative pointers: type manager, writable data, …
//
// Source: dotnet/runtime, NativeAOT MethodTable layout, checked for ilc 10.0.12.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Internal.Runtime;

[StructLayout(LayoutKind.Sequential)]
public unsafe struct MethodTable
{
    private const int PointerSize = 8;

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
            fixed (MethodTable* self = &this)
            {
                int* relative = (int*)((byte*)self + sizeof(MethodTable) + ((_virtualCount + _interfaceCount) * PointerSize)) + 1;
                return (nint*)((byte*)relative + *relative);
            }
        }
    }

    internal readonly int InterfaceCount => _interfaceCount;

    internal readonly MethodTable* GetInterface(int index)
    {
        fixed (MethodTable* self = &this)
            return ((MethodTable**)((byte*)self + sizeof(MethodTable) + (_virtualCount * PointerSize)))[index];
    }
}

// Gives static fields of reference type their memory. The compiler keeps those of one class together in a block that looks
// like an object and leaves it to the start-up code to allocate; until then such a field reads garbage.
//
//   __modules ─▶ header { 'RTR\0', u16 major, u16 minor, u32 flags, u16 rows, u8 row size, u8 }
//                row    { i32 section, i32 flags, start, end }       section 201: rel32 each
//                block  ─▶ rel32 method table | 1 not yet allocated | 2 has initial contents, rel32 those contents
//
// Source: dotnet/runtime, ReadyToRunHeader and StartupCodeHelpers as formats; checked for ilc 10.0.12.
using System;
using Internal.Runtime.CompilerHelpers;

namespace Internal.Runtime;

public static unsafe class GcStatics
{
    private const uint Signature = 0x0052_5452; // "RTR\0"
    private const int HeaderBytes = 16;
    private const int GcStaticRegion = 201;
    private const int Uninitialised = 1;
    private const int HasContents = 2;

#pragma warning disable CS0649 // written by the compiler into the image
    private struct Row
    {
        internal int Section;
        internal int Flags;
        internal byte* Start;
        internal byte* End;
    }
#pragma warning restore CS0649

    /// <summary>Allocates all blocks out of <paramref name="memory"/>.</summary>
    /// <param name="header">What the linker's <c>__modules</c> section points at.</param>
    /// <param name="memory">Zeroed memory that is never freed.</param>
    /// <returns>The bytes used.</returns>
    /// <remarks>Context: first thing in C#, before any static field of reference type is touched.
    /// Safety: 1. the header is the image's own.</remarks>
    public static int Initialise(byte* header, Span<byte> memory)
    {
        if (*(uint*)header != Signature)
            ThrowHelpers.ThrowInvalidOperation();

        int used = 0;
        int rows = *(ushort*)(header + 12);
        int rowBytes = *(header + 14);
        for (int i = 0; i < rows; i++)
        {
            Row* row = (Row*)(header + HeaderBytes + (i * rowBytes));
            if (row->Section != GcStaticRegion)
                continue;

            for (int* block = (int*)row->Start; block < row->End; block++)
                used += Allocate(block, memory.Slice(used));
        }

        return used;
    }

    private static int Allocate(int* relativeBlock, Span<byte> memory)
    {
        nint* block = (nint*)((byte*)relativeBlock + *relativeBlock);
        int* relative = (int*)block;
        int flags = *relative & 3;
        if ((flags & Uninitialised) == 0)
            return 0;

        MethodTable* type = (MethodTable*)((byte*)relative + (*relative & ~3));
        int size = (int)(type->ObjectSize + 7) & ~7;
        Span<byte> storage = memory.Slice(0, size); // panics if the start-up memory is too small

        fixed (byte* at = storage)
        {
            *(MethodTable**)at = type;
            if ((flags & HasContents) != 0)
            {
                int* contents = relative + 1;
                new ReadOnlySpan<byte>((byte*)contents + *contents, size - sizeof(nint)).CopyTo(storage.Slice(sizeof(nint)));
            }

            *block = (nint)at;
        }

        return size;
    }
}

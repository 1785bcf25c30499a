// What the boot processor hands to another one, at the end of its boot page. Trampoline.S knows the offsets.
//
//   + 0   stage     written by the trampoline, read by the boot processor: "never ran" and "stuck" are told apart by it
//   + 8   root of the start table: low memory one to one, and the kernel
//   + 16  entry in the kernel's half
//   + 24  this structure's own address in the direct map
//   + 32  what C# needs
using System.Runtime.InteropServices;

namespace Commence.Arch.X64;

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct X64BootPage
{
    /// <summary>Offset in the page; the stack grows down from here.</summary>
    internal const int Offset = 0xF80;

    internal ulong Stage;
    internal ulong PageTable;
    internal ulong Entry;
    internal X64BootPage* Self;
    internal X64PerCpuBlock* Block;
    internal ulong KernelRoot;
    internal uint Cpu;
    internal ulong FaultStackTop;
    internal ulong NmiStackTop;
    internal ulong DebugStackTop;

    internal static X64BootPage* At(Pfn page) => (X64BootPage*)X64Memory.At((page.Value << 12) + Offset);
}

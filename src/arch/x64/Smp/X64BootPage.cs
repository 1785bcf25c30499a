// What the boot processor hands to another one, at the end of its boot page. Trampoline.S knows the offsets.
//
//   + 0   stage     written by the trampoline, read by the boot processor: "never ran" and "stuck" are told apart by it
//   + 8   root of the start table: low memory one to one, and the kernel
//   + 16  this structure's own address in the direct map
//   + 24  top of the stack on which C# begins
//   + 32  what fault it met before it had traps of its own: vector + 1, error code, address of the instruction
//   + 48  in the start page: where the directory of boot pages is; 0 in a processor's own page
//   + 56  what C# needs
using System.Runtime.InteropServices;

namespace Commence.Arch.X64;

[StructLayout(LayoutKind.Sequential)]
internal struct X64BootPage
{
    /// <summary>Offset in the page; the trampoline's stack grows down from here.</summary>
    internal const int Offset = 0xF80;

    internal ulong Stage;
    internal ulong PageTable;
    internal VirtAddr Self;
    internal ulong StackTop;
    internal uint FaultVector;
    internal uint FaultCode;
    internal ulong FaultAddress;
    internal ulong Directory;
    internal VirtAddr BlockAddress;
    internal ulong KernelRoot;
    internal uint Cpu;
    internal ulong FaultStackTop;
    internal ulong NmiStackTop;
    internal ulong DebugStackTop;

    /// <summary>The other processor's words.</summary>
    internal readonly ref X64PerCpuBlock Block
    {
        get
        {
            // SAFETY: X64SecondaryBoot.Prepare wrote the address of a block that lives for ever.
            unsafe
            {
                return ref *(X64PerCpuBlock*)BlockAddress.Value;
            }
        }
    }

    /// <summary>What lies in a boot page.</summary>
    internal static ref X64BootPage Of(Pfn page)
    {
        // SAFETY: a boot page is memory below 1 MiB, which the direct map shows, and the structure does not leave the page.
        unsafe
        {
            return ref *(X64BootPage*)X64Memory.ToVirtual(page.Address + Offset).Value;
        }
    }

    /// <summary>The structure at the address that the trampoline passes on: <see cref="Self"/>.</summary>
    internal static ref X64BootPage At(nint self)
    {
        // SAFETY: Prepare wrote the address; the page is the processor's until it is online.
        unsafe
        {
            return ref *(X64BootPage*)self;
        }
    }
}

// Traps of a processor that has none of its own yet: two tables, for 32-bit and 64-bit code, whose handlers (Trampoline.S)
// note the fault in the boot page and halt. Without them a fault would be a triple fault, which resets the machine.
//
// Filled once, before the first start; read by processors that start.
//
// Source: SDM Vol 3A §6.11 "IDT Descriptors", §6.14.1 "64-Bit Mode IDT".
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Commence.Arch.X64;

/// <summary>Interrupt tables between start message and <see cref="X64Traps.LoadOnThisCpu"/>.</summary>
internal static class X64StartTraps
{
    private const int VectorCount = 32;
    private const int StubSizeBytes32 = 8;
    private const int StubSizeBytes64 = 16;
    private const ulong StartCode32 = 0x18; // Trampoline.S: start_gdt
    private const ulong InterruptGate = 0x8E;
    private const int TypeShift = 40;
    private const int SelectorShift = 16;

    [InlineArray(VectorCount * 2)]
    private struct Table64
    {
        private ulong _word0;
    }

    private static Table64 s_table64;

    /// <summary>Fills both tables.</summary>
    /// <remarks>Context: boot processor, before the first start.</remarks>
    internal static void Build()
    {
        Span<ulong> table32 = Table32();
        for (int vector = 0; vector < VectorCount; vector++)
        {
            ulong handler32 = FaultStubs32() + (ulong)(vector * StubSizeBytes32);
            table32[vector] = Gate(handler32, StartCode32);
            ulong handler64 = FaultStubs64() + (ulong)(vector * StubSizeBytes64);
            s_table64[vector * 2] = Gate(handler64, X64DescriptorTables.KernelCode);
            s_table64[(vector * 2) + 1] = handler64 >> 32;
        }

        SetStartIdt(X64Memory.AddressOf(in s_table64).Value, (VectorCount * 2 * sizeof(ulong)) - 1);
        Interlocked.MemoryBarrier(); // before any start message
    }

    // The low 64 bits of a gate are the same in both modes.
    private static ulong Gate(ulong handler, ulong selector) =>
        (handler & 0xFFFF) | (selector << SelectorShift) | (InterruptGate << TypeShift) | ((handler >> 16 & 0xFFFF) << 48);

    private static Span<ulong> Table32()
    {
        // SAFETY: the table lies in the entry section, which is reserved for ever and which the direct map shows writable.
        unsafe
        {
            return new Span<ulong>((void*)X64Memory.ToVirtual(new PhysAddr(StartIdt32())).Value, VectorCount);
        }
    }

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_start_faults_32")]
    private static extern ulong FaultStubs32();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_start_faults_64")]
    private static extern ulong FaultStubs64();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_start_idt_32")]
    private static extern ulong StartIdt32();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_set_start_idt")]
    private static extern void SetStartIdt(ulong table, ulong limit);
}

// Instructions without a C# form, as calls into Instructions.S (about 1 ns each).
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Commence.Arch.X64;

/// <summary>Single instructions of x86-64.</summary>
internal static class X64Instructions
{
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_sti_hlt")]
    internal static extern void EnableAndHalt();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_halt")]
    internal static extern void HaltForever();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_sti")]
    internal static extern void EnableInterrupts();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_cli")]
    internal static extern void DisableInterrupts();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_pause")]
    internal static extern void Pause();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_read_flags")]
    internal static extern ulong ReadFlags();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_save_flags_cli")]
    internal static extern ulong SaveFlagsAndDisable();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_in8")]
    internal static extern byte In8(ushort port);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_in16")]
    internal static extern ushort In16(ushort port);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_in32")]
    internal static extern uint In32(ushort port);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_out8")]
    internal static extern void Out8(ushort port, byte value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_out16")]
    internal static extern void Out16(ushort port, ushort value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_out32")]
    internal static extern void Out32(ushort port, uint value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_rdmsr")]
    internal static extern ulong ReadMsr(uint msr);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_wrmsr")]
    internal static extern void WriteMsr(uint msr, ulong value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_wbinvd")]
    internal static extern void WriteBackCaches();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_rdtsc")]
    internal static extern ulong ReadTimeStampCounter();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_rdtsc_ordered")]
    internal static extern ulong ReadTimeStampCounterOrdered();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_cpuid")]
    internal static extern void CpuId(uint leaf, uint subleaf, out X64CpuId.Leaf registers);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_read_cr0")]
    internal static extern ulong ReadCr0();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_write_cr0")]
    internal static extern void WriteCr0(ulong value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_read_cr2")]
    internal static extern ulong ReadCr2();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_read_cr3")]
    internal static extern ulong ReadCr3();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_write_cr3")]
    internal static extern void WriteCr3(ulong value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_read_cr4")]
    internal static extern ulong ReadCr4();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_write_cr4")]
    internal static extern void WriteCr4(ulong value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_invlpg")]
    internal static extern void InvalidatePage(ulong address);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_xsetbv")]
    internal static extern void WriteXcr0(ulong value);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_load_gdt")]
    internal static extern void LoadGdt(in X64DescriptorTables.TablePointer table);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_load_idt")]
    internal static extern void LoadIdt(in X64DescriptorTables.TablePointer table);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_load_tr")]
    internal static extern void LoadTaskRegister(ushort selector);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_fpu_save")]
    internal static extern void SaveFpu(ref byte area, ulong mask, uint useXsave);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_fpu_restore")]
    internal static extern void RestoreFpu(ref readonly byte area, ulong mask, uint useXsave);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_read_rbp")]
    internal static extern ulong ReadFramePointer();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_rdrand")]
    internal static extern uint ReadRandom(out ulong value);
}

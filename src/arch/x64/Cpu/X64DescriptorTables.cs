// Each processor's GDT and TSS.
//
//   GDT   00 null   08 kernel code   10 kernel data   18 user data   20 user code   28 TSS (two slots)
//   TSS   RSP0: the kernel stack for entries from user mode; IST 1–4: stacks of their own for double fault, NMI, machine
//         check and debug, which may come when the stack pointer is not to be trusted
//
// The order user data, user code is what SYSRET demands (STAR.SYSRET_CS + 8 is the data, + 16 the code selector).
// Source: SDM Vol 3A §3.4.5 "Segment Descriptors", §8.7 "Task Management in 64-bit Mode", Vol 2B SYSRET.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Commence.Arch.X64;

/// <summary>Interrupt-stack-table slots, as the IDT names them.</summary>
internal enum IstSlot : byte
{
    None = 0,
    DoubleFault = 1,
    Nmi = 2,
    MachineCheck = 3,
    Debug = 4,
}

[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct X64TaskState
{
    internal uint Reserved0;
    internal ulong Rsp0;
    internal ulong Rsp1;
    internal ulong Rsp2;
    internal ulong Reserved1;
    internal ulong Ist1;
    internal ulong Ist2;
    internal ulong Ist3;
    internal ulong Ist4;
    internal ulong Ist5;
    internal ulong Ist6;
    internal ulong Ist7;
    internal ulong Reserved2;
    internal ushort Reserved3;
    internal ushort IoMapBase;
}

/// <summary>The descriptor tables inside one processor's block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct X64DescriptorTables
{
    internal const ushort KernelCode = 0x08;
    internal const ushort KernelData = 0x10;
    internal const ushort UserData = 0x18 | 3;
    internal const ushort UserCode = 0x20 | 3;
    internal const ushort TaskState = 0x28;

    // Present, accessed (so that loading a selector never writes), 64-bit code or flat data.
    private const ulong KernelCodeDescriptor = 0x00AF9B000000FFFF;
    private const ulong KernelDataDescriptor = 0x00CF93000000FFFF;
    private const ulong UserCodeDescriptor = 0x00AFFB000000FFFF;
    private const ulong UserDataDescriptor = 0x00CFF3000000FFFF;

    private GlobalTable _gdt;
    internal X64TaskState TaskStateSegment;

    private const int GlobalTableEntries = 8;

    [InlineArray(GlobalTableEntries)]
    private struct GlobalTable
    {
        private ulong _descriptor0;
    }

    /// <summary>Writes and loads the GDT. The TSS is not loaded yet: <see cref="LoadTaskState"/>.</summary>
    /// <remarks>Context: early boot, AP call-in. The block must not move afterwards.</remarks>
    internal void Load()
    {
        _gdt[KernelCode / 8] = KernelCodeDescriptor;
        _gdt[KernelData / 8] = KernelDataDescriptor;
        _gdt[UserData / 8] = UserDataDescriptor;
        _gdt[UserCode / 8] = UserCodeDescriptor;

        TablePointer pointer = new() { Limit = (GlobalTableEntries * sizeof(ulong)) - 1, Base = X64Memory.AddressOf(in _gdt).Value };
        X64Instructions.LoadGdt(in pointer);
    }

    /// <summary>Makes the TSS known to the processor: from now on entries from user mode and the IST have their stacks.</summary>
    /// <remarks>An available 64-bit TSS descriptor takes two slots; LTR marks it busy, so it is written anew first.</remarks>
    internal void LoadTaskState()
    {
        int sizeBytes = Unsafe.SizeOf<X64TaskState>();
        TaskStateSegment.IoMapBase = (ushort)sizeBytes; // no I/O bitmap
        ulong address = X64Memory.AddressOf(in TaskStateSegment).Value;
        ulong limit = (ulong)sizeBytes - 1;
        _gdt[TaskState / 8] = limit | ((address & 0xFFFFFF) << 16) | (0x89ul << 40) | ((address >> 24 & 0xFF) << 56);
        _gdt[(TaskState / 8) + 1] = address >> 32;
        X64Instructions.LoadTaskRegister(TaskState);
    }

    /// <summary>Operand of LGDT and LIDT.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 2)]
    internal struct TablePointer
    {
        internal ushort Limit;
        internal ulong Base;
    }
}

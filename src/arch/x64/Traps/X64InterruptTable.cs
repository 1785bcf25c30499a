// The IDT: one table for all processors, since their entries do not differ.
// Source: SDM Vol 3A §6.14.1 "64-Bit Mode IDT".
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Commence.Arch.X64;

/// <summary>Vectors that the kernel itself uses. Devices have 0x20 to 0xEF.</summary>
public static class X64Vectors
{
    public const int DivideError = 0;
    public const int Debug = 1;
    public const int Nmi = 2;
    public const int Breakpoint = 3;
    public const int Overflow = 4;
    public const int BoundRange = 5;
    public const int InvalidOpcode = 6;
    public const int DeviceNotAvailable = 7;
    public const int DoubleFault = 8;
    public const int InvalidTss = 10;
    public const int SegmentNotPresent = 11;
    public const int StackSegment = 12;
    public const int GeneralProtection = 13;
    public const int PageFault = 14;
    public const int FloatingPoint = 16;
    public const int AlignmentCheck = 17;
    public const int MachineCheck = 18;
    public const int SimdFloatingPoint = 19;

    /// <summary>First and last vector of devices; the lines of I/O APICs and of the legacy PIC are mapped into it.</summary>
    public const int DeviceFirst = 0x20;

    public const int DeviceLast = 0xEF;

    public const int LocalTimer = 0xF0;
    public const int Reschedule = 0xFC;
    public const int CallFunction = 0xFB;
    public const int ApicError = 0xFE;

    /// <summary>Low four bits set, as old processors want (SDM Vol 3A §10.9, Spurious Interrupt).</summary>
    public const int Spurious = 0xFF;
}

internal static class X64InterruptTable
{
    private const int VectorCount = 256;
    private const int StubSizeBytes = 16;
    private const byte InterruptGate = 0x8E; // present, DPL 0, interrupts off on entry
    private const byte InterruptGateUser = 0xEE; // the same, and INT n from user mode may use it

    // A gate is two words.
    [InlineArray(VectorCount * 2)]
    private struct Table
    {
        private ulong _word0;
    }

    private static Table s_table; // written once by the boot processor, before any interrupt

    /// <summary>Fills the table.</summary>
    /// <remarks>Context: early boot, boot processor.</remarks>
    internal static void Build()
    {
        for (int vector = 0; vector < VectorCount; vector++)
            SetGate(vector, IsForUser(vector) ? InterruptGateUser : InterruptGate, StackOf(vector));
    }

    /// <summary>Loads the table into the calling processor.</summary>
    internal static void Load()
    {
        X64DescriptorTables.TablePointer pointer = new()
        {
            Limit = (VectorCount * 2 * sizeof(ulong)) - 1,
            Base = X64Memory.AddressOf(in s_table).Value,
        };
        X64Instructions.LoadIdt(in pointer);
    }

    private static bool IsForUser(int vector) => vector is X64Vectors.Breakpoint or X64Vectors.Overflow;

    private static IstSlot StackOf(int vector) => vector switch
    {
        X64Vectors.DoubleFault => IstSlot.DoubleFault,
        X64Vectors.Nmi => IstSlot.Nmi,
        X64Vectors.MachineCheck => IstSlot.MachineCheck,
        X64Vectors.Debug => IstSlot.Debug,
        _ => IstSlot.None,
    };

    private static void SetGate(int vector, byte type, IstSlot stack)
    {
        ulong handler = TrapStubs() + (ulong)(vector * StubSizeBytes);
        s_table[vector * 2] = (handler & 0xFFFF) | ((ulong)X64DescriptorTables.KernelCode << 16) | ((ulong)stack << 32)
            | ((ulong)type << 40) | ((handler >> 16 & 0xFFFF) << 48);
        s_table[(vector * 2) + 1] = handler >> 32;
    }

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_trap_stubs")]
    private static extern ulong TrapStubs();
}

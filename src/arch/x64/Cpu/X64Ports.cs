// I/O ports, for drivers. Each access is one instruction; the compiler cannot merge or move it.
namespace Commence.Arch.X64;

/// <summary>Access to the I/O port space.</summary>
public readonly struct X64Ports : IPortSpace
{
    public static byte Read8(ushort port) => X64Instructions.In8(port);

    public static ushort Read16(ushort port) => X64Instructions.In16(port);

    public static uint Read32(ushort port) => X64Instructions.In32(port);

    public static void Write8(ushort port, byte value) => X64Instructions.Out8(port, value);

    public static void Write16(ushort port, ushort value) => X64Instructions.Out16(port, value);

    public static void Write32(ushort port, uint value) => X64Instructions.Out32(port, value);
}

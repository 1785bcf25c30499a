// The I/O port space of PC-like machines. An architecture without one says so by panicking: no driver of its machines asks.
namespace Commence.Arch;

/// <summary>Reads and writes of I/O ports; each is one access, in program order.</summary>
public interface IPortSpace
{
    static abstract byte Read8(ushort port);

    static abstract ushort Read16(ushort port);

    static abstract uint Read32(ushort port);

    static abstract void Write8(ushort port, byte value);

    static abstract void Write16(ushort port, ushort value);

    static abstract void Write32(ushort port, uint value);
}

// I/O ports for drivers, which may not name an architecture. Only machines with a port space have drivers that use it.
namespace Commence;

/// <summary>An I/O port of a PC-like machine.</summary>
public readonly struct IoPort
{
    private readonly ushort _number;

    public IoPort(ushort number) => _number = number;

    /// <summary>The port's number.</summary>
    public ushort Number => _number;

    /// <summary>Another port, a number of bytes further.</summary>
    public IoPort Offset(int bytes) => new((ushort)(_number + bytes));

    public byte Read8() => PortSpace.Read8(_number);

    public ushort Read16() => PortSpace.Read16(_number);

    public uint Read32() => PortSpace.Read32(_number);

    public void Write8(byte value) => PortSpace.Write8(_number, value);

    public void Write16(ushort value) => PortSpace.Write16(_number, value);

    public void Write32(uint value) => PortSpace.Write32(_number, value);
}

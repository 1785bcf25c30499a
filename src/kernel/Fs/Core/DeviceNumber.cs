// Numbers of devices as programs see them.
//
// Source: Linux makedev(3): minor bits 0–7, major bits 8–19, minor bits 20–31 in the 32-bit form that stat and mknod use.
namespace Commence.Fs;

/// <summary>A device's major and minor number (Linux: <c>dev_t</c>).</summary>
public readonly struct DeviceNumber
{
    private readonly uint _major;
    private readonly uint _minor;

    public DeviceNumber(uint major, uint minor)
    {
        _major = major;
        _minor = minor;
    }

    public uint Major => _major;

    public uint Minor => _minor;

    /// <summary>The number as system calls carry it.</summary>
    public uint Encoded => (_minor & 0xFF) | (_major << 8) | ((_minor & ~0xFFu) << 12);

    /// <summary>The number that <see cref="Encoded"/> gave.</summary>
    public static DeviceNumber Decode(uint encoded) => new((encoded >> 8) & 0xFFF, (encoded & 0xFF) | ((encoded >> 12) & 0xFFF00));

    public static bool operator ==(DeviceNumber left, DeviceNumber right) => left._major == right._major && left._minor == right._minor;

    public static bool operator !=(DeviceNumber left, DeviceNumber right) => !(left == right);
}

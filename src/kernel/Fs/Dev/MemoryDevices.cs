// The devices of major number 1: null, zero, full, random, urandom, kmsg.
//
// Source: Linux Documentation/admin-guide/devices.txt, "1 char Memory devices"; null(4), full(4), random(4).
using Commence.Abi;

namespace Commence.Fs;

/// <summary>Opens them by minor number.</summary>
public sealed class MemoryDevices : CharacterDevice
{
    private const uint Null = 3;
    private const uint Zero = 5;
    private const uint Full = 7;
    private const uint Random = 8;
    private const uint UnlimitedRandom = 9;
    private const uint Kmsg = 11;
    private const uint MinorCountMax = 12;

    /// <summary>Makes them answer.</summary>
    /// <remarks>Context: thread, once.</remarks>
    [Initcall(InitcallLevel.Fs)]
    public static void Register() =>
        CharacterDevices.Register(new MemoryDevices(), DeviceNodes.MemoryMajor, minorFirst: 0, MinorCountMax);

    /// <inheritdoc/>
    public override Result<File> Open(Path path, OpenFlags flags, DeviceNumber device) => device.Minor switch
    {
        Null => PatternFile.Open(path, flags, PatternKind.Null),
        Zero => PatternFile.Open(path, flags, PatternKind.Zero),
        Full => PatternFile.Open(path, flags, PatternKind.Full),
        Random or UnlimitedRandom => RandomFile.Open(path, flags),
        Kmsg => LogFile.Open(path, flags),
        _ => Errno.ENXIO,
    };
}

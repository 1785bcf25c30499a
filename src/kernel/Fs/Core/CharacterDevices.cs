// Which driver is behind a character device's number.
using Commence.Abi;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Fs;

/// <summary>A driver of character devices: one major number and a range of minor ones.</summary>
public abstract class CharacterDevice
{
    internal ListLink<CharacterDevice> Link;
    internal uint Major;
    internal uint MinorFirst;
    internal uint MinorCount;

    /// <summary>Opens the device.</summary>
    /// <returns>A file with one use.</returns>
    public abstract Result<File> Open(Path path, OpenFlags flags, DeviceNumber device);

    internal readonly struct Registered : ILinked<CharacterDevice>
    {
        public static ref ListLink<CharacterDevice> Link(CharacterDevice item) => ref item.Link;
    }
}

/// <summary>All character devices (Linux: <c>cdev_map</c>).</summary>
public static class CharacterDevices
{
    private static SpinLock s_lock;
    private static IntrusiveList<CharacterDevice, CharacterDevice.Registered> s_all;

    /// <summary>Makes a driver answer for minor numbers from <paramref name="minorFirst"/> on.</summary>
    public static void Register(CharacterDevice driver, uint major, uint minorFirst, uint minorCount)
    {
        driver.Major = major;
        driver.MinorFirst = minorFirst;
        driver.MinorCount = minorCount;
        using SpinLock.Guard guard = s_lock.Lock();
        s_all.AddLast(driver);
    }

    /// <summary>Whether a driver answers for a device.</summary>
    public static bool HasDriver(DeviceNumber device) => Find(device) is not null;

    /// <summary>Opens the device that a device file stands for.</summary>
    /// <returns>A file with one use; ENXIO if no driver answers.</returns>
    internal static Result<File> Open(Path path, OpenFlags flags)
    {
        DeviceNumber device = path.Inode.Device;
        CharacterDevice? driver = Find(device);
        return driver is null ? Errno.ENXIO : driver.Open(path, flags, device);
    }

    // Drivers are never taken out again, so that one stays valid without the lock.
    private static CharacterDevice? Find(DeviceNumber device)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        foreach (CharacterDevice driver in s_all)
        {
            if (driver.Major == device.Major && device.Minor - driver.MinorFirst < driver.MinorCount)
                return driver;
        }

        return null;
    }
}

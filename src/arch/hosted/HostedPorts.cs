// The I/O port space of the host: devices that a test puts there. A port without a device reads as all ones, as on a PC.
using System.Collections.Generic;

namespace Commence.Arch.Hosted;

/// <summary>A model of a device with I/O ports.</summary>
public abstract class HostedPortDevice
{
    public abstract uint Read(int offset, int sizeBytes);

    public abstract void Write(int offset, int sizeBytes, uint value);
}

/// <inheritdoc cref="IPortSpace"/>
public readonly struct HostedPorts : IPortSpace
{
    private static readonly List<(int First, int Count, HostedPortDevice Device)> s_devices = [];

    /// <summary>Puts a device at some ports until the result is disposed.</summary>
    public static IDisposable Attach(ushort first, int count, HostedPortDevice device)
    {
        (int, int, HostedPortDevice) entry = (first, count, device);
        lock (s_devices)
            s_devices.Add(entry);
        return new Attachment(entry);
    }

    /// <inheritdoc/>
    public static byte Read8(ushort port) => (byte)Read(port, 1);

    /// <inheritdoc/>
    public static ushort Read16(ushort port) => (ushort)Read(port, 2);

    /// <inheritdoc/>
    public static uint Read32(ushort port) => Read(port, 4);

    /// <inheritdoc/>
    public static void Write8(ushort port, byte value) => Write(port, 1, value);

    /// <inheritdoc/>
    public static void Write16(ushort port, ushort value) => Write(port, 2, value);

    /// <inheritdoc/>
    public static void Write32(ushort port, uint value) => Write(port, 4, value);

    private static uint Read(ushort port, int sizeBytes)
    {
        HostedPortDevice? device = Find(port, out int offset);
        return device is null ? uint.MaxValue : device.Read(offset, sizeBytes);
    }

    private static void Write(ushort port, int sizeBytes, uint value) => Find(port, out int offset)?.Write(offset, sizeBytes, value);

    private static HostedPortDevice? Find(ushort port, out int offset)
    {
        lock (s_devices)
        {
            foreach ((int first, int count, HostedPortDevice device) in s_devices)
            {
                offset = port - first;
                if (offset >= 0 && offset < count)
                    return device;
            }
        }

        offset = 0;
        return null;
    }

    private sealed class Attachment((int, int, HostedPortDevice) entry) : IDisposable
    {
        public void Dispose()
        {
            lock (s_devices)
                s_devices.Remove(entry);
        }
    }
}

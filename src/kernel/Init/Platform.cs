// What the kernel asks of the machine that only the composition root knows: it names the concrete drivers.
using System.Threading;
using Commence.Time;

namespace Commence.Init;

/// <summary>The machine's drivers, as the boot flow needs them.</summary>
public abstract class Platform
{
    private static Platform? s_instance;

    /// <summary>The one platform; set by the image before anything else.</summary>
    public static Platform Instance
    {
        get => Volatile.Read(ref s_instance!);
        set => Volatile.Write(ref s_instance, value);
    }

    /// <summary>Makes the console and the record line usable.</summary>
    /// <remarks>Context: the first call of the kernel; nothing can be allocated.</remarks>
    public abstract void StartConsole();

    /// <summary>Reads what the boot loader handed over into <see cref="BootInformation"/>.</summary>
    /// <returns>False if it cannot be understood.</returns>
    public abstract bool TryReadBootInformation();

    /// <summary>Enables the boot processor's own units and its local interrupt controller.</summary>
    /// <remarks>Context: early boot. IRQs: off.</remarks>
    public abstract void StartBootProcessor();

    /// <summary>Gives device registers their places in the final page table.</summary>
    /// <remarks>Context: early boot, after <c>new</c> works.</remarks>
    public abstract void MapDevices();

    /// <summary>Finds the interrupt controllers of the devices and masks what is not used.</summary>
    public abstract void StartInterruptControllers();

    /// <summary>Finds the machine's timers, and registers those that can be the clock.</summary>
    /// <remarks>Context: early boot. IRQs: off.</remarks>
    public abstract void FindClocks();

    /// <summary>A clock against which the others are measured, by its place in the order of preference; null behind the last.</summary>
    /// <remarks>Context: early boot, after <see cref="FindClocks"/>.</remarks>
    public abstract ReferenceClock? GetReferenceClock(int index);

    /// <summary>The machine's own tick, for processors without one; null if there is none.</summary>
    public abstract LegacyTick? LegacyTick { get; }

    /// <summary>Lets devices interrupt another way, since the one that is used brings nothing.</summary>
    /// <returns>False if there is no other.</returns>
    /// <remarks>Context: boot, before any device was connected. IRQs: on.</remarks>
    public abstract bool TryFallBackToLegacyRouter();

    /// <summary>Wall-clock time, in seconds since 1970; 0 if the machine has no clock.</summary>
    public abstract ulong ReadWallClockSeconds();

    /// <summary>Switches the machine off. Returns if it cannot.</summary>
    public abstract void PowerOff();

    /// <summary>Starts the machine anew. Returns if it cannot.</summary>
    public abstract void Reboot();
}

// Interrupts that nobody asked for, counted rather than ignored.
namespace Commence.Arch.X64;

/// <summary>Counters of spurious and unexpected interrupts, over all processors.</summary>
public static class X64InterruptCounts
{
    private static uint s_spurious;    // each counter: lock xadd from any processor
    private static uint s_unexpected;
    private static uint s_apicErrors;
    private static uint s_lastApicError;

    /// <summary>Interrupts that the local APIC delivered and took back.</summary>
    public static uint Spurious => Volatile.Read(ref s_spurious);

    /// <summary>Interrupts on vectors that nobody uses.</summary>
    public static uint Unexpected => Volatile.Read(ref s_unexpected);

    /// <summary>Errors that local APICs reported.</summary>
    public static uint ApicErrors => Volatile.Read(ref s_apicErrors);

    /// <summary>Error status of the last one (SDM Vol 3A §10.5.3, Error Handling).</summary>
    public static uint LastApicError => Volatile.Read(ref s_lastApicError);

    internal static void CountSpurious() => Interlocked.Increment(ref s_spurious);

    internal static void CountUnexpected(int vector)
    {
        _ = vector; // the count is what matters; a device's vector is known to its own driver
        Interlocked.Increment(ref s_unexpected);
    }

    internal static void CountApicError(uint status)
    {
        Volatile.Write(ref s_lastApicError, status);
        Interlocked.Increment(ref s_apicErrors);
    }
}

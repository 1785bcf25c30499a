using System.Threading;

namespace Commence.Locking;

/// <summary>How spin locks behave under contention on this machine.</summary>
public static class SpinPolicy
{
    private static int s_isBargingAllowed; // 0 or 1; waiters of both kinds can meet at one lock

    /// <summary>Whether a waiter may take a free lock past those that came before it.</summary>
    public static bool IsBargingAllowed => Volatile.Read(ref s_isBargingAllowed) != 0;

    /// <summary>Lets waiters take a free lock in any order: for virtual processors, which the host may stop at any time.</summary>
    /// <remarks>Context: boot. TicketLock.cs says why.</remarks>
    public static void AllowBarging() => Volatile.Write(ref s_isBargingAllowed, 1);

    // For tests of both ways.
    internal static void ForbidBarging() => Volatile.Write(ref s_isBargingAllowed, 0);
}

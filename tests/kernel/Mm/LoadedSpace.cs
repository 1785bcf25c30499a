// An address space for the length of a test, loaded on the processor that runs the test's thread.
using Commence.Arch;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;

namespace Commence.Testing;

/// <summary>User memory without a process: pages are populated, or faulted in by hand.</summary>
internal static class LoadedSpace
{
    internal const ulong PageBytes = Limits.PageSizeBytes;
    internal const MapProtection ReadWrite = MapProtection.Read | MapProtection.Write;

    internal static AddressSpace Create()
    {
        bool isCreated = AddressSpace.TryCreate(out AddressSpace space);
        Check.That(isCreated);
        return space;
    }

    /// <summary>Maps populated pages at a fixed place.</summary>
    internal static void Map(AddressSpace space, ulong at, ulong pages, MapProtection protection = ReadWrite)
    {
        MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.Populate;
        Result<UserAddr> mapped = space.Map(new UserAddr(at), pages * PageBytes, protection, flags, null, 0);
        Check.Equal((long)Errno.None, (long)mapped.Error);
    }

    /// <summary>Makes the caller's processor use it, as the scheduler would.</summary>
    internal static void Load(AddressSpace space)
    {
        using LocalIrq.Guard guard = LocalIrq.Disable();
        AddressSpace.Switch(space);
    }

    /// <summary>Reads a byte; false if it cannot be read.</summary>
    /// <remarks>Not moved meanwhile: a kernel thread takes no address space along.</remarks>
    internal static bool TryRead(AddressSpace space, ulong address, out byte value)
    {
        using Preempt.Guard guard = Preempt.Disable();
        Load(space);
        return new UserPtr<byte>(address).TryRead(out value);
    }

    /// <summary>Writes a byte; the page is faulted in if need be.</summary>
    internal static void Write(AddressSpace space, ulong address, byte value)
    {
        if (TryWrite(space, address, value))
            return;
        Check.Equal((long)FaultOutcome.Resolved, (long)space.HandleFault(new UserAddr(address), FaultAccess.Write));
        Check.That(TryWrite(space, address, value));
    }

    internal static bool TryWrite(AddressSpace space, ulong address, byte value)
    {
        using Preempt.Guard guard = Preempt.Disable();
        Load(space);
        return new UserPtr<byte>(address).TryWrite(value);
    }
}

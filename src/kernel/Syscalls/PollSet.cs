// The loop behind poll and select: ask all files, sleep, ask again.
using System;
using System.Buffers.Binary;
using System.Numerics;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Syscalls;

/// <summary>Descriptors to watch, in the form that a call has them.</summary>
internal interface IPollSet
{
    /// <summary>How many entries there are.</summary>
    int Count { get; }

    /// <summary>Reads an entry.</summary>
    /// <param name="index">Which.</param>
    /// <param name="descriptor">What to watch; negative for nothing.</param>
    /// <param name="wanted">What for.</param>
    /// <returns>EFAULT or none.</returns>
    Errno Read(int index, out int descriptor, out PollEvents wanted);

    /// <summary>Takes what an entry is ready for, masked by what was wanted and <see cref="PollEvents.Always"/>.</summary>
    /// <param name="ready">Invalid if there is no such file.</param>
    /// <returns>How much it counts in the result; negated, an error that ends the call.</returns>
    int Write(int index, PollEvents ready);
}

/// <summary>Waits for a set of descriptors.</summary>
internal static class PollSet
{
    /// <summary>Waits until an entry is ready, a signal comes, or the deadline.</summary>
    /// <returns>The sum of what entries count; ERESTARTSYS; ENOMEM; EFAULT; EINVAL.</returns>
    internal static Result<int> Wait<TSet>(TSet set, Nanoseconds deadline)
        where TSet : struct, IPollSet, allows ref struct
    {
        if ((ulong)set.Count > UserThread.Current.Process.Limit(ResourceKind.OpenFiles))
            return Errno.EINVAL;
        if (!Kmem.TryNew(out PollTable table))
            return Errno.ENOMEM;

        Result<int> result = Wait(ref set, table, deadline);
        table.Free();
        return result;
    }

    private static Result<int> Wait<TSet>(ref TSet set, PollTable table, Nanoseconds deadline)
        where TSet : struct, IPollSet, allows ref struct
    {
        bool isFirst = true;
        bool isLast = deadline.Value <= Time.Clock.Monotonic().Value;
        while (true)
        {
            // Once the queues are entered, asking is enough; at the last look nobody needs to be told any more.
            Result<int> ready = Ask(ref set, isFirst && !isLast ? table : null);
            if (!ready.IsOk || ready.Value > 0 || isLast)
                return ready;
            if (table.HasFailed)
                return Errno.ENOMEM;

            isFirst = false;
            WaitResult result = table.Wait(deadline);
            if (result == WaitResult.Interrupted)
                return Restart.System;
            isLast = result == WaitResult.TimedOut;
        }
    }

    private static Result<int> Ask<TSet>(ref TSet set, PollTable? table)
        where TSet : struct, IPollSet, allows ref struct
    {
        int sum = 0;
        for (int i = 0; i < set.Count; i++)
        {
            Errno error = set.Read(i, out int descriptor, out PollEvents wanted);
            if (error != Errno.None)
                return error;

            int weight = set.Write(i, descriptor < 0 ? PollEvents.None : AskOne(descriptor, wanted, table));
            if (weight < 0)
                return (Errno)(-weight);
            sum += weight;
        }

        return sum;
    }

    private static PollEvents AskOne(int descriptor, PollEvents wanted, PollTable? table)
    {
        File? file = UserThread.Current.GetFile(descriptor);
        if (file is null)
            return PollEvents.Invalid;

        PollEvents ready = file.Poll(table) & (wanted | PollEvents.Always);
        file.Put();
        return ready;
    }
}

/// <summary>The array that <c>poll</c> takes, in user memory.</summary>
internal readonly struct UserDescriptors : IPollSet
{
    private readonly UserPtr<PollDescriptor> _table;
    private readonly uint _count;

    internal UserDescriptors(UserPtr<PollDescriptor> table, uint count)
    {
        _table = table;
        _count = count;
    }

    /// <inheritdoc/>
    public int Count => _count > int.MaxValue ? int.MaxValue : (int)_count;

    /// <inheritdoc/>
    public Errno Read(int index, out int descriptor, out PollEvents wanted)
    {
        bool isRead = _table.TryRead((ulong)index, out PollDescriptor entry);
        descriptor = entry.Descriptor;
        wanted = (PollEvents)entry.Events;
        return isRead ? Errno.None : Errno.EFAULT;
    }

    /// <inheritdoc/>
    public int Write(int index, PollEvents ready)
    {
        const int ReturnedOffset = 6;
        UserPtr<ushort> returned = new(_table.At((ulong)index).Address + ReturnedOffset);
        if (!returned.TryWrite((ushort)ready))
            return -(int)Errno.EFAULT;
        return ready != PollEvents.None ? 1 : 0;
    }
}

/// <summary>The three bit sets that <c>select</c> takes, and three for the answer.</summary>
internal ref struct SelectSets : IPollSet
{
    internal const int SetCount = 6;

    private const PollEvents ReadReady = PollEvents.Readable | PollEvents.ReadBand | PollEvents.HangUp | PollEvents.Error;
    private const PollEvents WriteReady = PollEvents.Writable | PollEvents.WriteBand | PollEvents.Error;
    private const PollEvents ExceptReady = PollEvents.Priority;

    private readonly Span<byte> _room;
    private readonly int _count;
    private readonly int _setBytes;
    private readonly UserAddr _read;
    private readonly UserAddr _write;
    private readonly UserAddr _except;

    /// <param name="room">Six sets of <paramref name="count"/> bits, rounded up to words; zeros.</param>
    internal SelectSets(Span<byte> room, int count, UserAddr read, UserAddr write, UserAddr except)
    {
        _room = room;
        _count = count;
        _setBytes = (count + 63) / 64 * sizeof(ulong);
        _read = read;
        _write = write;
        _except = except;
    }

    /// <inheritdoc/>
    public readonly int Count => _count;

    /// <summary>Copies the sets in.</summary>
    internal readonly bool TryLoad() => TryLoad(0, _read) && TryLoad(1, _write) && TryLoad(2, _except);

    /// <summary>Copies the answer out.</summary>
    internal readonly bool TryStore() => TryStore(3, _read) && TryStore(4, _write) && TryStore(5, _except);

    /// <inheritdoc/>
    public readonly Errno Read(int index, out int descriptor, out PollEvents wanted)
    {
        wanted = (Has(0, index) ? ReadReady : PollEvents.None) | (Has(1, index) ? WriteReady : PollEvents.None)
            | (Has(2, index) ? ExceptReady : PollEvents.None);
        descriptor = wanted == PollEvents.None ? -1 : index;
        return Errno.None;
    }

    /// <inheritdoc/>
    public readonly int Write(int index, PollEvents ready)
    {
        if ((ready & PollEvents.Invalid) != 0)
            return -(int)Errno.EBADF;

        int sum = 0;
        sum += Answer(0, index, (ready & ReadReady) != 0);
        sum += Answer(1, index, (ready & WriteReady) != 0);
        sum += Answer(2, index, (ready & ExceptReady) != 0);
        return sum;
    }

    private readonly int Answer(int set, int index, bool isReady)
    {
        if (!isReady || !Has(set, index))
            return 0;

        Set(set + 3)[index / 8] |= (byte)(1 << (index % 8));
        return 1;
    }

    private readonly bool Has(int set, int index) => (Set(set)[index / 8] >> (index % 8) & 1) != 0;

    private readonly Span<byte> Set(int set) => _room.Slice(set * _setBytes, _setBytes);

    private readonly bool TryLoad(int set, UserAddr address) => address.IsNull || UserMemory.TryCopyIn(address, Set(set));

    private readonly bool TryStore(int set, UserAddr address) => address.IsNull || UserMemory.TryCopyOut(address, Set(set));
}

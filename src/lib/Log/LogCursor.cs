namespace Commence.Lib;

/// <summary>How far one reader of a <see cref="LogRing"/> has come. All-zero is "from the beginning".</summary>
public struct LogCursor
{
    /// <summary>The sequence number of the next record to read.</summary>
    public ulong Next;

    /// <summary>Records that were overwritten or dropped before this reader came to them. The reader may reset it.</summary>
    public ulong Missed;

    /// <summary>Gives up the next record: for the panic path, which cannot wait for a writer that no longer runs.</summary>
    public void Skip()
    {
        Next++;
        Missed++;
    }
}

/// <summary>What a reader of a <see cref="LogRing"/> found.</summary>
public enum LogReadStatus
{
    /// <summary>There is nothing newer.</summary>
    Empty,

    /// <summary>A record was read, and the cursor moved on.</summary>
    Record,

    /// <summary>The next record is still being written, perhaps by code that this processor interrupted. Come back when
    /// its writer has had its turn: it calls the readers itself.</summary>
    InFlight,
}

// The system locality distance information table: how far the proximity domains are from each other.
//
//   offset 36  number of localities N, u64    44  N x N distances, one byte each: 10 is local, 255 is unreachable
//
// Source: ACPI 6.5 §5.2.17 "System Locality Distance Information Table (SLIT)".
using System;

namespace Commence.Firmware.Acpi;

/// <summary>A SLIT whose matrix is whole.</summary>
public readonly ref struct Slit
{
    /// <summary>A domain's distance to itself.</summary>
    public const byte LocalDistance = 10;

    /// <summary>What is assumed between domains that the table does not know.</summary>
    public const byte RemoteDistance = 20;

    private const int CountOffset = 36;
    private const int MatrixOffset = 44;
    private const ulong CountMax = 4096; // 16 MiB, the longest table there is

    private readonly ReadOnlySpan<byte> _matrix;

    private Slit(ReadOnlySpan<byte> matrix, int count)
    {
        _matrix = matrix;
        Count = count;
    }

    /// <summary>How many domains the table knows.</summary>
    public int Count { get; }

    /// <summary>The distance from one domain to another.</summary>
    public byte Distance(uint from, uint to)
    {
        if (from >= (uint)Count || to >= (uint)Count)
            return from == to ? LocalDistance : RemoteDistance;
        return _matrix[((int)from * Count) + (int)to];
    }

    /// <summary>Takes a table for a SLIT.</summary>
    /// <returns>False if the matrix is cut short, or if a distance contradicts itself: as in Linux such a table is not used.</returns>
    public static bool TryParse(AcpiTable table, out Slit slit, out ParseFault fault)
    {
        slit = default;
        fault = default;
        ReadOnlySpan<byte> bytes = table.Bytes;
        if (bytes.Length < MatrixOffset)
            fault = new ParseFault(FirmwarePart.Slit, FaultKind.Truncated, (ulong)bytes.Length);
        else if (table.Signature != AcpiTable.SignatureOf("SLIT"u8))
            fault = new ParseFault(FirmwarePart.Slit, FaultKind.BadSignature, 0, table.Signature);
        else if (bytes.U64(CountOffset) is 0 or > CountMax)
            fault = new ParseFault(FirmwarePart.Slit, FaultKind.BadCount, CountOffset, bytes.U64(CountOffset));
        if (fault.IsFault)
            return false;

        int count = (int)bytes.U64(CountOffset);
        if (bytes.Length - MatrixOffset < count * count)
        {
            fault = new ParseFault(FirmwarePart.Slit, FaultKind.Truncated, (ulong)bytes.Length, (ulong)count);
            return false;
        }

        slit = new Slit(bytes.Slice(MatrixOffset, count * count), count);
        return slit.IsConsistent(out fault);
    }

    // A domain is local to itself, and no other is nearer than that.
    private bool IsConsistent(out ParseFault fault)
    {
        fault = default;
        for (int i = 0; i < _matrix.Length; i++)
        {
            bool isSelf = i / Count == i % Count;
            byte distance = _matrix[i];
            if (isSelf ? distance == LocalDistance : distance > LocalDistance)
                continue;

            fault = new ParseFault(FirmwarePart.Slit, FaultKind.BadValue, (ulong)(MatrixOffset + i), distance);
            return false;
        }

        return true;
    }
}

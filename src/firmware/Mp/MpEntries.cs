// Cursors over the base and the extended entries of an MP configuration table.
//
// Base entries have no length field: 20 bytes for a processor, 8 for the other four types, so behind an unknown type
// nothing can be found any more. Extended entries carry their length in their second byte.
// Source: MP Spec 1.4 §4.3, Table 4-3 "Base MP Configuration Table Entry Types"; §4.4 "Extended ... Entries".
using System;

namespace Commence.Firmware.Mp;

public enum MpEntryType : byte
{
    Processor = 0,
    Bus = 1,
    IoApic = 2,
    IoInterrupt = 3,
    LocalInterrupt = 4,
    SystemAddressSpace = 128,
    BusHierarchy = 129,
    CompatibilityAddressSpace = 130,
}

/// <summary>One entry, as many bytes as its type has.</summary>
public readonly ref struct MpEntry
{
    internal MpEntry(ReadOnlySpan<byte> bytes, int offset)
    {
        Bytes = bytes;
        Offset = offset;
    }

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Bytes from the start of the table (base) or of the extension (extended entries).</summary>
    public int Offset { get; }

    public MpEntryType Type => (MpEntryType)Bytes[0];
}

/// <summary>The base entries: <c>foreach (MpEntry entry in table.Entries)</c>.</summary>
public readonly ref struct MpEntries
{
    private readonly ReadOnlySpan<byte> _table;

    internal MpEntries(ReadOnlySpan<byte> table) => _table = table;

    public Enumerator GetEnumerator() => new(_table);

    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _table;
        private int _next;
        private int _current;
        private int _length;

        internal Enumerator(ReadOnlySpan<byte> table)
        {
            _table = table;
            _next = MpTable.HeaderSizeBytes;
            _current = 0;
            _length = 0;
            Fault = default;
        }

        public readonly MpEntry Current => new(_table.Slice(_current, _length), _current);

        /// <summary>Why the walk ended before the end of the table; no fault if it did not.</summary>
        public ParseFault Fault { get; private set; }

        public bool MoveNext()
        {
            if (_next >= _table.Length || Fault.IsFault)
                return false;

            int length = LengthOf(_table[_next]);
            if (length == 0)
                Fault = new ParseFault(FirmwarePart.MpTable, FaultKind.UnknownType, (ulong)_next, _table[_next]);
            else if (length > _table.Length - _next)
                Fault = new ParseFault(FirmwarePart.MpTable, FaultKind.Truncated, (ulong)_next, _table[_next]);
            if (Fault.IsFault)
                return false;

            _current = _next;
            _length = length;
            _next += length;
            return true;
        }

        private static int LengthOf(byte type) => (MpEntryType)type switch
        {
            MpEntryType.Processor => MpProcessor.SizeBytes,
            MpEntryType.Bus => MpBus.SizeBytes,
            MpEntryType.IoApic => MpIoApic.SizeBytes,
            MpEntryType.IoInterrupt or MpEntryType.LocalInterrupt => MpInterrupt.SizeBytes,
            _ => 0,
        };
    }
}

/// <summary>The extended entries, of which nothing here needs the contents: they are stepped over by their length.</summary>
public readonly ref struct MpExtendedEntries
{
    private const int LengthOffset = 1;
    private const int HeaderSizeBytes = 2;

    private readonly ReadOnlySpan<byte> _extension;

    internal MpExtendedEntries(ReadOnlySpan<byte> extension) => _extension = extension;

    public Enumerator GetEnumerator() => new(_extension);

    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _extension;
        private int _next;
        private int _current;

        internal Enumerator(ReadOnlySpan<byte> extension)
        {
            _extension = extension;
            _next = 0;
            _current = 0;
            Fault = default;
        }

        public readonly MpEntry Current => new(_extension.Slice(_current, _next - _current), _current);

        /// <inheritdoc cref="MpEntries.Enumerator.Fault"/>
        public ParseFault Fault { get; private set; }

        public bool MoveNext()
        {
            int rest = _extension.Length - _next;
            if (rest == 0 || Fault.IsFault)
                return false;

            int length = rest < HeaderSizeBytes ? 0 : _extension[_next + LengthOffset];
            if (rest < HeaderSizeBytes || length > rest)
                Fault = new ParseFault(FirmwarePart.MpExtension, FaultKind.Truncated, (ulong)_next, (ulong)length);
            else if (length < HeaderSizeBytes)
                Fault = new ParseFault(FirmwarePart.MpExtension, FaultKind.ZeroLength, (ulong)_next, (ulong)length);
            if (Fault.IsFault)
                return false;

            _current = _next;
            _next += length;
            return true;
        }
    }
}

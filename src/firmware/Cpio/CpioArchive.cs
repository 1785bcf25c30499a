// A cpio archive that lies in memory in one piece. Compressed ones come in pieces: see CpioStream.
//
// Archives may follow each other, with zero bytes between them, as initramfs images are put together. Inode numbers tell hard
// links only within one archive: hence the member's archive number.
using System;

namespace Commence.Firmware.Cpio;

/// <summary>One member: a file, directory, link or device node.</summary>
public readonly ref struct CpioMember
{
    internal CpioMember(CpioHeader header, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, int offset, int archiveNumber)
    {
        Header = header;
        Name = name;
        Data = data;
        Offset = offset;
        ArchiveNumber = archiveNumber;
    }

    public CpioHeader Header { get; }

    /// <summary>The path, without its zero.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The contents; of a symbolic link the target.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Where the header stands.</summary>
    public int Offset { get; }

    /// <summary>How many archives ended before.</summary>
    public int ArchiveNumber { get; }
}

/// <summary>The members of one or several archives: <c>foreach (CpioMember member in new CpioArchive(bytes))</c>.</summary>
public readonly ref struct CpioArchive
{
    private readonly ReadOnlySpan<byte> _bytes;

    public CpioArchive(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The name of the member that ends an archive.</summary>
    public static ReadOnlySpan<byte> TrailerName => "TRAILER!!!"u8;

    public Enumerator GetEnumerator() => new(_bytes);

    /// <summary>How many bytes follow <paramref name="size"/> up to a multiple of the alignment.</summary>
    internal static int PaddingOf(uint size) => (int)(0 - size) & (CpioHeader.AlignmentBytes - 1);

    /// <summary>Takes a name as it stands in an archive.</summary>
    /// <returns>False if its terminating zero is missing or nothing stands before it.</returns>
    internal static bool TryTakeName(ReadOnlySpan<byte> field, out ReadOnlySpan<byte> name)
    {
        name = field.Slice(0, Math.Max(field.IndexOf((byte)0), 0));
        return !name.IsEmpty && field[field.Length - 1] == 0;
    }

    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _bytes;
        private CpioMember _current;
        private int _next;
        private int _archiveNumber;

        internal Enumerator(ReadOnlySpan<byte> bytes)
        {
            _bytes = bytes;
            _current = default;
            _next = 0;
            _archiveNumber = 0;
            Fault = default;
            HasTrailer = false;
        }

        public readonly CpioMember Current => _current;

        /// <summary>Why the walk ended before the end; no fault if it did not.</summary>
        public ParseFault Fault { get; private set; }

        /// <summary>The last archive was ended by its trailer. If not, something may have been cut off.</summary>
        public bool HasTrailer { get; private set; }

        public bool MoveNext()
        {
            while (TryRead(out CpioMember member))
            {
                HasTrailer = member.Name.SequenceEqual(TrailerName);
                if (HasTrailer)
                {
                    _archiveNumber++;
                    continue;
                }

                _current = member;
                return true;
            }

            return false;
        }

        private bool TryRead(out CpioMember member)
        {
            member = default;
            while (_next < _bytes.Length && _bytes[_next] == 0)
                _next++;
            if (_next == _bytes.Length || Fault.IsFault)
                return false;

            int start = _next;
            if (!CpioHeader.TryParse(_bytes.Slice(start), (ulong)start, out CpioHeader header, out ParseFault fault))
            {
                Fault = fault;
                return false;
            }

            int nameAt = start + CpioHeader.SizeBytes;
            int nameEnd = nameAt + header.NameSize;
            long dataAt = (long)nameEnd + PaddingOf((uint)(CpioHeader.SizeBytes + header.NameSize));
            if (dataAt + header.FileSize > _bytes.Length)
            {
                Fault = new ParseFault(FirmwarePart.Cpio, FaultKind.Truncated, (ulong)start, header.FileSize);
                return false;
            }

            ReadOnlySpan<byte> data = _bytes.Slice((int)dataAt, (int)header.FileSize);
            if (!TryTakeName(_bytes.Slice(nameAt, header.NameSize), out ReadOnlySpan<byte> name))
                Fault = new ParseFault(FirmwarePart.Cpio, FaultKind.BadValue, (ulong)nameAt);
            else if (header.HasChecksum && SumOf(data) != header.Checksum)
                Fault = new ParseFault(FirmwarePart.Cpio, FaultKind.BadChecksum, (ulong)dataAt, SumOf(data));
            if (Fault.IsFault)
                return false;

            // The last member's padding may be cut off.
            _next = (int)Math.Min(dataAt + header.FileSize + PaddingOf(header.FileSize), _bytes.Length);
            member = new CpioMember(header, name, data, start, _archiveNumber);
            return true;
        }
    }

    internal static uint SumOf(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        foreach (byte value in data)
            sum += value;
        return sum;
    }
}

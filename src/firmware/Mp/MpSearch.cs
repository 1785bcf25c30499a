// Where a floating pointer may lie, and the walk over those places.
//
// The specification names the EBDA's first KiB, the last KiB of base memory, and the BIOS ROM. Firmware that leaves the BIOS
// data area empty (qboot) still puts its table at 639K, and machines with 512K of base memory at 511K: both are looked at
// without asking. The low page comes last but one: nothing should lie there, and once something did.
// All of it is read before the page allocator can hand those pages out.
// Source: MP Spec 1.4 §4 "MP Configuration Table", places a to c.
using System;

namespace Commence.Firmware.Mp;

/// <summary>Walks over all sound floating pointers of a machine, in the order in which they are to be believed.</summary>
/// <remarks>Context: early boot, first processor. Bounded: some 4,400 places.</remarks>
public ref struct MpSearch<TMemory>
    where TMemory : struct, IPhysicalMemory, allows ref struct
{
    private const int PlaceCount = 6;
    private const int Kibibyte = 1024;
    private const ulong RomStart = 0xF0000;
    private const int RomLength = 0x10000;

    private readonly TMemory _memory;
    private int _place;
    private int _offset;

    public MpSearch(TMemory memory)
    {
        _memory = memory;
        _place = 0;
        _offset = 0;
        Current = default;
    }

    /// <summary>The pointer that the last <see cref="MoveNext"/> found.</summary>
    public MpPointer Current { get; private set; }

    /// <summary>Goes to the next sound pointer; unsound ones on the way are logged.</summary>
    public bool MoveNext(scoped ref FaultLog faults)
    {
        for (; _place < PlaceCount; _place++, _offset = 0)
        {
            if (!TryGetPlace(_place, out PhysAddr start, out int length) || WasSearched(start))
                continue;

            if (!_memory.TryRead(start, length, out ReadOnlySpan<byte> bytes))
            {
                faults.Add(FirmwarePart.MpPointer, FaultKind.Unreadable, 0, start.Value);
                continue;
            }

            if (MoveWithin(bytes, start, ref faults))
                return true;
        }

        return false;
    }

    private bool MoveWithin(ReadOnlySpan<byte> bytes, PhysAddr start, scoped ref FaultLog faults)
    {
        while (_offset + MpPointer.SizeBytes <= bytes.Length)
        {
            int at = _offset;
            _offset += MpPointer.AlignmentBytes;
            if (MpPointer.TryParse(bytes.Slice(at), start + (ulong)at, out MpPointer found, out ParseFault fault))
            {
                Current = found;
                return true;
            }

            if (fault.IsFault)
                faults.Add(fault);
        }

        return false;
    }

    // The places overlap on ordinary machines: the EBDA begins at 639K.
    private readonly bool WasSearched(PhysAddr start)
    {
        for (int i = 0; i < _place; i++)
        {
            if (TryGetPlace(i, out PhysAddr earlier, out _) && earlier == start)
                return true;
        }

        return false;
    }

    private readonly bool TryGetPlace(int index, out PhysAddr start, out int length)
    {
        length = Kibibyte;
        switch (index)
        {
            case 0:
                bool hasEbda = BiosData.TryGetEbda(_memory, out start);
                start = start.AlignUp(MpPointer.AlignmentBytes);
                return hasEbda;
            case 1:
                bool hasEnd = BiosData.TryGetBaseMemoryEnd(_memory, out start);
                start = hasEnd ? start - Kibibyte : start;
                return hasEnd;
            case 2:
                start = new PhysAddr(639 * Kibibyte);
                return true;
            case 3:
                start = new PhysAddr(511 * Kibibyte);
                return true;
            case 4:
                start = default;
                length = Limits.PageSizeBytes;
                return true;
            default:
                start = new PhysAddr(RomStart);
                length = RomLength;
                return true;
        }
    }
}

// The copy stubs on a real page table: what they copy, and where they stop.
using System;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;

namespace Commence.Testing;

internal static class UserCopyTests
{
    private const ulong PageBytes = LoadedSpace.PageBytes;
    private const ulong Start = 0x40_0000;
    private const ulong End = Start + (2 * PageBytes); // nothing is mapped behind

    [KernelTest]
    internal static void UserMemoryIsReadAndWritten()
    {
        AddressSpace space = LoadedSpace.Create();
        LoadedSpace.Map(space, Start, 2);
        for (int length = 0; length < 70; length++)
            CopyThereAndBack(space, length);
        space.PutReference();
    }

    private static void CopyThereAndBack(AddressSpace space, int length)
    {
        Span<byte> there = stackalloc byte[70];
        Span<byte> back = stackalloc byte[70];
        for (int i = 0; i < 70; i++)
            there[i] = (byte)(i + length + 1);
        UserAddr at = new(Start + PageBytes - 20 - (ulong)(length % 8)); // across the border of two pages
        bool isCopied;
        using (Preempt.Disable())
        {
            LoadedSpace.Load(space);
            isCopied = UserMemory.TryCopyOut(at, there[..length]) && UserMemory.TryCopyIn(at, back[..length]);
        }

        Check.That(isCopied);
        Check.That(there[..length].SequenceEqual(back[..length]));
    }

    [KernelTest]
    internal static void CopiesStopAtTheVeryByte()
    {
        AddressSpace space = LoadedSpace.Create();
        LoadedSpace.Map(space, Start, 2);
        for (int room = 0; room < 30; room++)
        {
            for (int more = 1; more < 20; more += 3)
                CopyOverTheEnd(space, room, room + more);
        }

        space.PutReference();
    }

    private static void CopyOverTheEnd(AddressSpace space, int room, int length)
    {
        Span<byte> bytes = stackalloc byte[64];
        bytes.Fill(0x5A);
        int written;
        int read;
        ulong cleared;
        using (Preempt.Disable())
        {
            LoadedSpace.Load(space);
            written = UserMemory.CopyOutPartly(new UserAddr(End - (ulong)room), bytes[..length]);
            read = UserMemory.CopyInPartly(new UserAddr(End - (ulong)room), bytes[..length]);
            cleared = (ulong)length - UserCopy.Clear(new UserAddr(End - (ulong)room), (ulong)length);
        }

        // An odd word at the end may be refused as a whole: 2, 4 and 8 bytes are one access.
        bool isOneAccess = length is 2 or 4 or 8;
        Check.Equal(isOneAccess ? 0 : room, written);
        Check.Equal(isOneAccess ? 0 : room, read);
        Check.Equal((ulong)room, cleared);
    }

    [KernelTest]
    internal static void ProtectionHoldsForTheKernelToo()
    {
        AddressSpace space = LoadedSpace.Create();
        LoadedSpace.Map(space, Start, 3);
        LoadedSpace.Write(space, Start, 1);
        LoadedSpace.Write(space, Start + PageBytes, 2);
        Check.Equal((long)Errno.None, (long)space.Protect(new UserAddr(Start), PageBytes, MapProtection.Read));
        Check.Equal((long)Errno.None, (long)space.Protect(new UserAddr(Start + PageBytes), PageBytes, MapProtection.None));

        Check.That(LoadedSpace.TryRead(space, Start, out byte value) && value == 1);
        Check.That(!LoadedSpace.TryWrite(space, Start, 3));
        Check.That(!LoadedSpace.TryRead(space, Start + PageBytes, out _));
        Check.That(!LoadedSpace.TryWrite(space, Start + PageBytes, 3));
        Check.That(!LoadedSpace.TryRead(space, 0, out _));
        Check.That(!LoadedSpace.TryRead(space, AddressLayout.UserEnd.Value, out _));
        Check.That(!LoadedSpace.TryRead(space, 0x8000_0000_0000, out _));         // not canonical
        Check.That(!LoadedSpace.TryRead(space, 0xFFFF_FFFF_8020_0000, out _));    // the kernel
        Check.That(!LoadedSpace.TryRead(space, ulong.MaxValue, out _));

        Check.Equal((long)Errno.None, (long)space.Protect(new UserAddr(Start + PageBytes), PageBytes, LoadedSpace.ReadWrite));
        Check.That(LoadedSpace.TryRead(space, Start + PageBytes, out value) && value == 2);
        space.PutReference();
    }

    [KernelTest]
    internal static void StringsEndAtTheirZeroOrAtAFault()
    {
        AddressSpace space = LoadedSpace.Create();
        LoadedSpace.Map(space, Start, 2);
        Span<byte> text = stackalloc byte[16];
        bool isFound;
        bool isCut;
        bool isFaulty;
        int length;
        int cutLength;
        using (Preempt.Disable())
        {
            LoadedSpace.Load(space);
            bool isWritten = UserMemory.TryCopyOut(new UserAddr(Start + PageBytes - 3), "sentence\0"u8)
                && UserMemory.TryCopyOut(new UserAddr(End - 4), "fire"u8);
            isFound = UserMemory.TryCopyString(new UserAddr(Start + PageBytes - 3), text, out length) && isWritten;
            isCut = UserMemory.TryCopyString(new UserAddr(Start + PageBytes - 3), text[..4], out cutLength);
            isFaulty = !UserMemory.TryCopyString(new UserAddr(End - 4), text, out _);
        }

        Check.That(isFound && isCut && isFaulty);
        Check.Equal(8, length);
        Check.Equal(4, cutLength);
        space.PutReference();
    }
}

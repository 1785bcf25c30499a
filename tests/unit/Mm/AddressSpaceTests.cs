using System;
using System.Linq;
using System.Text;
using Commence.Arch;
using Commence.Memory;
using Commence.Mm;
using Xunit;

namespace Commence.Tests.Mm;

public sealed class AddressSpaceTests : MmTestBase
{
    [Fact]
    public void AnonymousMemoryIsZeroUntilItIsWritten()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 3);
        Assert.Equal(AddressSpace.DefaultMapBase - (3 * PageBytes), start);
        Assert.Equal(0ul, space.ReadStatistics().ResidentPages);
        Assert.Equal(0, Read(start + 5000));
        Write(start + 5000, 7);
        Assert.Equal(7, Read(start + 5000));
        VmStatistics statistics = space.ReadStatistics();
        Assert.Equal((3ul, 1ul, 1ul, 3ul), (statistics.TotalPages, statistics.ResidentPages, statistics.AnonymousPages, statistics.DataPages));
        Assert.False(TryRead(start + (3 * PageBytes), out _));
        Assert.Equal(FaultOutcome.SignalSegvMapErr, LastOutcome);
        Drop(space);
    }

    [Fact]
    public void MappingsGoDownwardsAndMerge()
    {
        AddressSpace space = Create();
        UserAddr first = Map(space, 2);
        UserAddr second = Map(space, 3);
        Assert.Equal(first - (3 * PageBytes), second);
        Assert.Equal("0-5 rw-p", Describe(space, second.Value));
        Map(space, 1, MapProtection.Read);
        Assert.Equal(2, space.ReadStatistics().AreaCount);
        Drop(space);
    }

    [Fact]
    public void HolesAreFilledFromTheTop()
    {
        AddressSpace space = Create();
        UserAddr block = Map(space, 20);
        Assert.Equal(Errno.None, space.Unmap(block + (2 * PageBytes), 3 * PageBytes));
        Assert.Equal(Errno.None, space.Unmap(block + (10 * PageBytes), 2 * PageBytes));
        Assert.Equal(block + (10 * PageBytes), Map(space, 2, MapProtection.Read));
        Assert.Equal(block + (3 * PageBytes), Map(space, 2, MapProtection.Read));
        Assert.Equal(block - (2 * PageBytes), Map(space, 2, MapProtection.Read));
        Assert.Equal(block + (2 * PageBytes), Map(space, 1, MapProtection.Read));
        Drop(space);
    }

    [Fact]
    public void HintsAreFollowedIfTheyCanBe()
    {
        AddressSpace space = Create();
        Assert.Equal(0x50_0000ul, Map(space, 1, at: 0x50_0123).Value);
        Assert.Equal(AddressSpace.DefaultMapBase - PageBytes, Map(space, 1, at: 0x50_0000)); // taken
        Assert.Equal(AddressLayout.UserStart, Map(space, 1, at: 0x1000)); // too low
        Assert.NotEqual(0x10000ul, Map(space, 1, at: AddressLayout.UserEnd.Value).Value);
        Drop(space);
    }

    [Fact]
    public void FixedMappingsReplaceWhatIsThere()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 5);
        Write(start + (2 * PageBytes), 9);
        UserAddr again = Map(space, 1, MapProtection.Read, PrivateAnonymous | MapFlags.Fixed, (start + (2 * PageBytes)).Value);
        Assert.Equal(start + (2 * PageBytes), again);
        Assert.Equal(0, Read(again));
        Assert.Equal("0-2 rw-p 2-3 r--p 3-5 rw-p", Describe(space, start.Value));
        Result<UserAddr> refused = space.Map(start, PageBytes, ReadWrite, PrivateAnonymous | MapFlags.FixedNoReplace, null, 0);
        Assert.Equal(Errno.EEXIST, refused.Error);
        Assert.True(space.Map(start + (9 * PageBytes), PageBytes, ReadWrite, PrivateAnonymous | MapFlags.FixedNoReplace, null, 0).IsOk);
        Drop(space);
    }

    [Fact]
    public void WrongRequestsAreRefusedAsByLinux()
    {
        AddressSpace space = Create();
        Errno Try(ulong at, ulong length, MapFlags flags, ulong offset = 0) =>
            space.Map(new UserAddr(at), length, ReadWrite, flags, null, offset).Error;
        ulong end = AddressLayout.UserEnd.Value;
        Assert.Equal(Errno.EINVAL, Try(0, 0, PrivateAnonymous));
        Assert.Equal(Errno.EINVAL, Try(0, 4096, MapFlags.Anonymous));
        Assert.Equal(Errno.EINVAL, Try(0, 4096, PrivateAnonymous, 100));
        Assert.Equal(Errno.EINVAL, Try(0x50_0001, 4096, PrivateAnonymous | MapFlags.Fixed));
        Assert.Equal(Errno.ENOMEM, Try(0, ulong.MaxValue, PrivateAnonymous));
        Assert.Equal(Errno.ENOMEM, Try(0, ulong.MaxValue - 4095, PrivateAnonymous));
        Assert.Equal(Errno.ENOMEM, Try(0, end, PrivateAnonymous | MapFlags.NoReserve));
        Assert.Equal(Errno.ENOMEM, Try(end, 4096, PrivateAnonymous | MapFlags.Fixed));
        Assert.Equal(Errno.ENOMEM, Try(0x1_0000, end, PrivateAnonymous | MapFlags.Fixed));
        Assert.Equal(Errno.EPERM, Try(0, 4096, PrivateAnonymous | MapFlags.Fixed));
        Assert.Equal(Errno.EOVERFLOW, Try(0, 8192, PrivateAnonymous, ulong.MaxValue - 4095));
        Assert.Equal(Errno.ENOMEM, Try(0, 1ul << 40, PrivateAnonymous)); // more than the machine has
        Assert.Equal(Errno.None, Try(0, 1ul << 40, PrivateAnonymous | MapFlags.NoReserve));

        Assert.Equal(Errno.EINVAL, space.Unmap(new UserAddr(1), 4096));
        Assert.Equal(Errno.EINVAL, space.Unmap(new UserAddr(0x50_0000), 0));
        Assert.Equal(Errno.EINVAL, space.Unmap(new UserAddr(end), 4096));
        Assert.Equal(Errno.EINVAL, space.Unmap(new UserAddr(0x50_0000), ulong.MaxValue));
        Assert.Equal(Errno.None, space.Unmap(new UserAddr(0x50_0000), 4096));
        Assert.Equal(Errno.None, space.Unmap(default, end));
        Drop(space);
    }

    [Fact]
    public void LimitsHold()
    {
        AddressSpace space = Create();
        space.SizeLimitBytes = 10 * PageBytes;
        space.DataLimitBytes = 6 * PageBytes;
        Map(space, 5);
        Assert.Equal(Errno.ENOMEM, space.Map(default, 2 * PageBytes, ReadWrite, PrivateAnonymous, null, 0).Error);
        Map(space, 5, MapProtection.Read);
        Assert.Equal(Errno.ENOMEM, space.Map(default, PageBytes, MapProtection.Read, PrivateAnonymous, null, 0).Error);
        Drop(space);
    }

    [Fact]
    public void UnmappingSplits()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 10);
        for (ulong i = 0; i < 10; i++)
            Write(start + (i * PageBytes), (byte)(i + 1));
        Assert.Equal(Errno.None, space.Unmap(start + (3 * PageBytes), 4 * PageBytes));
        Assert.Equal("0-3 rw-p 7-a rw-p", Describe(space, start.Value));
        for (ulong i = 0; i < 10; i++)
        {
            Assert.Equal(i is < 3 or >= 7, TryRead(start + (i * PageBytes), out byte value));
            if (i is < 3 or >= 7)
                Assert.Equal((byte)(i + 1), value);
        }

        Assert.Equal(6ul, space.ReadStatistics().ResidentPages);
        Drop(space);
    }

    [Fact]
    public void ManyPagesAreFreedInBatches()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 2000);
        for (ulong i = 0; i < 2000; i++)
            Write(start + (i * PageBytes), 1);
        ulong used = FreeAtStart - Pages.ReadStatistics().FreePages;
        Assert.InRange(used, 2000ul, 2020ul);
        Assert.Equal(Errno.None, space.Unmap(start, 2000 * PageBytes));
        Assert.Equal(FreeAtStart - 1, Pages.ReadStatistics().FreePages); // the root
        Drop(space);
    }

    [Fact]
    public void ProtectionIsEnforcedAndCanBeGivenBack()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 4);
        Write(start, 1);
        Write(start + PageBytes, 2);
        Assert.Equal(Errno.None, space.Protect(start + PageBytes, 2 * PageBytes, MapProtection.Read));
        Assert.Equal("0-1 rw-p 1-3 r--p 3-4 rw-p", Describe(space, start.Value));
        Assert.False(TryWrite(start + PageBytes, 3));
        Assert.Equal(FaultOutcome.SignalSegvAccErr, LastOutcome);
        Assert.Equal(2, Read(start + PageBytes));
        Assert.Equal(Errno.None, space.Protect(start, 2 * PageBytes, MapProtection.None));
        Assert.False(TryRead(start, out _));
        Assert.Equal(FaultOutcome.SignalSegvAccErr, LastOutcome);
        Assert.False(TryRead(start + PageBytes, out _));
        Assert.Equal(Errno.None, space.Protect(start, 4 * PageBytes, ReadWrite));
        Assert.Equal("0-4 rw-p", Describe(space, start.Value));
        Assert.Equal(1, Read(start));
        Assert.Equal(2, Read(start + PageBytes));
        Write(start + PageBytes, 3);

        Assert.Equal(Errno.EINVAL, space.Protect(start + 1, PageBytes, ReadWrite));
        Assert.Equal(Errno.EINVAL, space.Protect(start, PageBytes, (MapProtection)0x40));
        Assert.Equal(Errno.None, space.Protect(new UserAddr(0x1000), 0, ReadWrite));
        Assert.Equal(Errno.ENOMEM, space.Protect(start + (3 * PageBytes), 2 * PageBytes, MapProtection.Read));
        Assert.Equal("0-3 rw-p 3-4 r--p", Describe(space, start.Value));
        Assert.Equal(Errno.EINVAL, space.Protect(start, PageBytes, MapProtection.Read | MapProtection.GrowsDown));
        Drop(space);
    }

    [Fact]
    public void ExecutionNeedsItsRight()
    {
        AddressSpace space = Create();
        UserAddr data = Map(space, 1);
        UserAddr code = Map(space, 1, MapProtection.Read | MapProtection.Execute);
        Assert.Equal(FaultOutcome.SignalSegvAccErr, space.HandleFault(data, FaultAccess.Execute));
        Assert.Equal(FaultOutcome.Resolved, space.HandleFault(code, FaultAccess.Execute));
        Assert.Equal(FaultOutcome.SignalSegvAccErr, space.HandleFault(code, FaultAccess.Write));
        Assert.Equal(FaultOutcome.SignalSegvMapErr, space.HandleFault(AddressLayout.UserEnd, FaultAccess.Read));
        Assert.Equal(FaultOutcome.SignalSegvMapErr, space.HandleFault(new UserAddr(ulong.MaxValue), FaultAccess.Read));
        Drop(space);
    }

    [Fact]
    public void PrivateFilesAreCopiedOnWrite()
    {
        TestObject file = new(Pages, 8);
        AddressSpace space = Create();
        UserAddr start = Map(space, 4, ReadWrite, MapFlags.Private, source: file, sourcePage: 2);
        Assert.Equal(3, Read(start));
        Write(start, 99);
        Write(start + PageBytes, 98); // written before it was read
        Assert.Equal(99, Read(start));
        Assert.Equal(98, Read(start + PageBytes));
        Assert.Equal(4, Read(start + PageBytes + 1));
        Assert.Equal((3, 4), (file[2], file[3]));
        Assert.Equal(0, file.Dirtied);
        Assert.Equal(2ul, space.ReadStatistics().AnonymousPages);
        Drop(space, isLast: false);
        Assert.Equal(1, file.References);
        file.PutReference();
        Assert.Equal(FreeAtStart, Pages.ReadStatistics().FreePages);
    }

    [Fact]
    public void SharedFilesAreWrittenThrough()
    {
        TestObject file = new(Pages, 8);
        AddressSpace space = Create();
        UserAddr start = Map(space, 8, ReadWrite, MapFlags.Shared, source: file);
        UserAddr twice = Map(space, 8, MapProtection.Read, MapFlags.Shared, source: file);
        Assert.Equal(1, Read(start));
        Assert.Equal(0, file.Dirtied);
        Write(start, 77);
        Assert.Equal(1, file.Dirtied);
        Assert.Equal(77, Read(twice));
        Assert.Equal(77, file[0]);
        Write(start + 1, 78);
        Assert.Equal(1, file.Dirtied);
        Assert.Equal(Errno.None, space.Unmap(start, 8 * PageBytes));
        Assert.Equal(77, Read(twice));
        Drop(space, isLast: false);
        file.PutReference();
        Assert.Equal(FreeAtStart, Pages.ReadStatistics().FreePages);
    }

    [Fact]
    public void AFilesEndIsABusError()
    {
        TestObject file = new(Pages, 2);
        AddressSpace space = Create();
        UserAddr start = Map(space, 4, ReadWrite, MapFlags.Private, source: file);
        Assert.Equal(2, Read(start + PageBytes));
        Assert.False(TryRead(start + (2 * PageBytes), out _));
        Assert.Equal(FaultOutcome.SignalBus, LastOutcome);
        file.NextError = Errno.EIO;
        Assert.False(TryWrite(start, 1));
        Assert.Equal(FaultOutcome.SignalBus, LastOutcome);
        file.NextError = Errno.ENOMEM;
        Assert.False(TryRead(start, out _));
        Assert.Equal(FaultOutcome.OutOfMemory, LastOutcome);
        Drop(space, isLast: false);
        file.PutReference();
    }

    [Fact]
    public void NeighboursInMemoryAreMappedToo()
    {
        TestObject file = new(Pages, 100) { HasCache = true };
        AddressSpace space = Create();
        UserAddr start = Map(space, 40, MapProtection.Read, MapFlags.Private, at: 0x100_0000, source: file);
        Read(start + (20 * PageBytes));
        Assert.Equal(16ul, space.ReadStatistics().ResidentPages);
        ulong faults = space.ReadStatistics().MinorFaults;
        for (ulong i = 16; i < 32; i++)
            Assert.Equal((byte)(i + 1), Read(start + (i * PageBytes)));
        Assert.Equal(faults, space.ReadStatistics().MinorFaults);
        Read(start + (39 * PageBytes));
        Assert.Equal(24ul, space.ReadStatistics().ResidentPages); // cut off at the end of the area
        Drop(space, isLast: false);
        file.PutReference();
        Assert.Equal(FreeAtStart, Pages.ReadStatistics().FreePages);
    }

    [Fact]
    public void AReadOnlyFileStaysReadOnly()
    {
        TestObject file = new(Pages, 2);
        AddressSpace space = Create();
        Result<UserAddr> start = space.Map(
            default, 2 * PageBytes, MapProtection.Read, MapFlags.Shared, file, 0, MapProtection.Read | MapProtection.Execute);
        Assert.Equal(Errno.EACCES, space.Protect(start.Value, PageBytes, ReadWrite));
        Assert.Equal(Errno.None, space.Protect(start.Value, PageBytes, MapProtection.None));
        Drop(space, isLast: false);
        file.PutReference();
    }

    [Fact]
    public void ForkSharesUntilOneSideWrites()
    {
        AddressSpace parent = Create();
        UserAddr start = Map(parent, 4);
        for (ulong i = 0; i < 3; i++)
            Write(start + (i * PageBytes), (byte)(i + 1));
        ulong before = Pages.ReadStatistics().FreePages;
        Assert.True(parent.TryFork(out AddressSpace child));
        Assert.Equal(4ul, before - Pages.ReadStatistics().FreePages); // tables only
        Write(start, 11);
        Load(child);
        Assert.Equal((1, 2, 3, 0), (Read(start), Read(start + PageBytes), Read(start + (2 * PageBytes)), Read(start + (3 * PageBytes))));
        Write(start + PageBytes, 22);
        Write(start, 33); // the parent has a copy already: no other copy is made
        Load(parent);
        Assert.Equal((11, 2), (Read(start), Read(start + PageBytes)));
        Drop(parent, isLast: false);
        Load(child);
        Assert.Equal((33, 22, 3), (Read(start), Read(start + PageBytes), Read(start + (2 * PageBytes))));
        Write(start + (2 * PageBytes), 44);
        Drop(child);
    }

    [Fact]
    public void SharedMemoryStaysSharedAfterFork()
    {
        AddressSpace parent = Create();
        UserAddr start = Map(parent, 4, ReadWrite, SharedAnonymous);
        Write(start, 1);
        Assert.True(parent.TryFork(out AddressSpace child));
        Write(start + PageBytes, 2);
        Load(child);
        Assert.Equal((1, 2), (Read(start), Read(start + PageBytes)));
        Write(start, 3);
        Load(parent);
        Assert.Equal(3, Read(start));
        Drop(parent, isLast: false);
        Load(child);
        Assert.Equal(3, Read(start));
        Assert.Equal("0-4 rw-s 0", Describe(child, start.Value));
        Drop(child);
    }

    [Fact]
    public void ForkObeysAdvice()
    {
        AddressSpace parent = Create();
        UserAddr start = Map(parent, 4);
        for (ulong i = 0; i < 4; i++)
            Write(start + (i * PageBytes), 5);
        Assert.Equal(Errno.None, parent.Advise(start + PageBytes, PageBytes, MemoryAdvice.DontFork));
        Assert.Equal(Errno.None, parent.Advise(start + (2 * PageBytes), PageBytes, MemoryAdvice.WipeOnFork));
        Assert.True(parent.TryFork(out AddressSpace child));
        Load(child);
        Assert.Equal(5, Read(start));
        Assert.False(TryRead(start + PageBytes, out _));
        Assert.Equal(0, Read(start + (2 * PageBytes)));
        Assert.Equal(5, Read(start + (3 * PageBytes)));
        Drop(child, isLast: false);
        Assert.Equal(Errno.None, parent.Advise(start, 4 * PageBytes, MemoryAdvice.DoFork));
        Assert.Equal(Errno.None, parent.Advise(start, 4 * PageBytes, MemoryAdvice.KeepOnFork));
        Assert.Equal("0-4 rw-p", Describe(parent, start.Value));
        Drop(parent);
    }

    [Fact]
    public void AdviceForgetsAndPopulates()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 8);
        Assert.Equal(Errno.None, space.Advise(start, 4 * PageBytes, MemoryAdvice.PopulateWrite));
        Assert.Equal(4ul, space.ReadStatistics().ResidentPages);
        Write(start, 9);
        Assert.Equal(Errno.None, space.Advise(start, 2 * PageBytes, MemoryAdvice.DontNeed));
        Assert.Equal(2ul, space.ReadStatistics().ResidentPages);
        Assert.Equal(0, Read(start));
        Assert.Equal(Errno.None, space.Advise(start, PageBytes, MemoryAdvice.Sequential));
        Assert.Equal(Errno.EINVAL, space.Advise(start + 1, PageBytes, MemoryAdvice.DontNeed));
        Assert.Equal(Errno.EINVAL, space.Advise(start, PageBytes, (MemoryAdvice)77));
        Assert.Equal(Errno.ENOMEM, space.Advise(start + (7 * PageBytes), 2 * PageBytes, MemoryAdvice.DontNeed));
        Assert.Equal(Errno.None, space.Advise(start, 0, MemoryAdvice.DontNeed));
        Drop(space);
    }

    [Fact]
    public void PopulatedMappingsHaveTheirPages()
    {
        AddressSpace space = Create();
        Map(space, 10, ReadWrite, PrivateAnonymous | MapFlags.Populate);
        Assert.Equal(10ul, space.ReadStatistics().ResidentPages);
        Assert.Equal(0ul, space.ReadStatistics().MinorFaults);
        Drop(space);
    }

    [Fact]
    public void TheHeapGrowsAndShrinks()
    {
        AddressSpace space = Create();
        UserAddr start = new(0x60_0000);
        space.SetBreakStart(start);
        Assert.Equal(start, space.SetBreak(default));
        Assert.Equal(start + 100, space.SetBreak(start + 100));
        Write(start + 50, 1);
        Assert.Equal(start + 10000, space.SetBreak(start + 10000));
        Assert.Equal("0-3 rw-p", Describe(space, start.Value));
        Assert.True(space.TryReadArea(default, out VmAreaInfo heap) && heap.IsHeap);
        Assert.Equal(1, Read(start + 50));
        Assert.Equal(start + PageBytes, space.SetBreak(start + PageBytes));
        Assert.False(TryRead(start + PageBytes, out _));
        Assert.Equal(1, Read(start + 50));

        // Something in the way, limits, nonsense.
        Map(space, 1, at: (start + (4 * PageBytes)).Value, flags: PrivateAnonymous | MapFlags.Fixed);
        Assert.Equal(start + PageBytes, space.SetBreak(start + (5 * PageBytes)));
        Assert.Equal(start + (4 * PageBytes), space.SetBreak(start + (4 * PageBytes)));
        Assert.Equal(start + (4 * PageBytes), space.SetBreak(new UserAddr(ulong.MaxValue)));
        Assert.Equal(start, space.SetBreak(start));
        Assert.Equal(1, space.ReadStatistics().AreaCount);
        Drop(space);
    }

    [Fact]
    public void TheStackGrowsDownToItsLimit()
    {
        AddressSpace space = Create();
        UserAddr top = AddressLayout.UserEnd;
        space.StackLimitBytes = 64 * PageBytes;
        Assert.Equal(Errno.None, space.MapStack(top, 2 * PageBytes, ReadWrite));
        Write(top - 1, 1);
        Write(top - (10 * PageBytes), 2);
        Assert.Equal(10ul, space.ReadStatistics().StackPages);
        Write(top - (64 * PageBytes), 3);
        Assert.False(TryWrite(top - (64 * PageBytes) - 1, 4));
        Assert.Equal(FaultOutcome.SignalSegvMapErr, LastOutcome);
        Assert.True(space.TryReadArea(default, out VmAreaInfo stack) && stack.IsStack);
        Assert.Equal(64ul, (stack.End - stack.Start) / PageBytes);
        Drop(space);
    }

    [Fact]
    public void TheStackKeepsItsDistance()
    {
        AddressSpace space = Create();
        space.SetMapBase(AddressLayout.UserEnd);
        UserAddr top = new(0x4000_0000);
        Assert.Equal(Errno.None, space.MapStack(top, PageBytes, ReadWrite));
        // What is mapped by force just below its guard stops it there.
        UserAddr below = top - (300 * PageBytes);
        Map(space, 1, at: below.Value, flags: PrivateAnonymous | MapFlags.Fixed);
        Write(top - (43 * PageBytes), 1);
        Assert.False(TryWrite(top - (44 * PageBytes), 1));
        // No mapping without a place of its own goes into the guard.
        space.SetMapBase(top);
        UserAddr mapped = Map(space, 1);
        Assert.Equal(below - PageBytes, mapped);
        Drop(space);
    }

    [Fact]
    public void RemapGrowsShrinksAndMoves()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 4, at: 0x100_0000);
        for (ulong i = 0; i < 4; i++)
            Write(start + (i * PageBytes), (byte)(i + 1));
        Assert.Equal(start, space.Remap(start, 4 * PageBytes, 3 * PageBytes, RemapFlags.None, default).Value);
        Assert.False(TryRead(start + (3 * PageBytes), out _));
        Assert.Equal(start, space.Remap(start, 3 * PageBytes, 6 * PageBytes, RemapFlags.None, default).Value);
        Assert.Equal(0, Read(start + (5 * PageBytes)));

        Map(space, 1, MapProtection.Read, at: (start + (6 * PageBytes)).Value);
        Assert.Equal(Errno.ENOMEM, space.Remap(start, 6 * PageBytes, 7 * PageBytes, RemapFlags.None, default).Error);
        UserAddr moved = space.Remap(start, 6 * PageBytes, 8 * PageBytes, RemapFlags.MayMove, default).Value;
        Assert.NotEqual(start, moved);
        Assert.Equal((1, 2, 3, 0, 0), (Read(moved), Read(moved + PageBytes), Read(moved + (2 * PageBytes)), Read(moved + (3 * PageBytes)), Read(moved + (7 * PageBytes))));
        Assert.False(TryRead(start, out _));

        UserAddr target = new(0x200_0000);
        Map(space, 2, MapProtection.Read, at: target.Value);
        RemapFlags toFixed = RemapFlags.MayMove | RemapFlags.Fixed;
        Assert.Equal(target, space.Remap(moved + PageBytes, 2 * PageBytes, PageBytes, toFixed, target).Value);
        Assert.Equal(2, Read(target));
        Write(target, 12);
        Assert.Equal(0, Read(target + PageBytes));
        Assert.False(TryWrite(target + PageBytes, 1)); // the other one's second page
        Assert.Equal(1, Read(moved));
        Assert.False(TryRead(moved + PageBytes, out _));
        Assert.False(TryRead(moved + (2 * PageBytes), out _));
        Assert.Equal(0, Read(moved + (3 * PageBytes)));
        Drop(space);
    }

    [Fact]
    public void RemapCanLeaveAnEmptyMappingBehind()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 2, at: 0x100_0000);
        Write(start, 1);
        UserAddr moved = space.Remap(start, 2 * PageBytes, 2 * PageBytes, RemapFlags.MayMove | RemapFlags.DontUnmap, default).Value;
        Assert.Equal(1, Read(moved));
        Assert.Equal(0, Read(start));
        Drop(space);
    }

    [Fact]
    public void RemapOfLengthZeroMapsSharedMemoryTwice()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 2, ReadWrite, SharedAnonymous);
        Write(start, 1);
        UserAddr second = space.Remap(start, 0, 2 * PageBytes, RemapFlags.MayMove, default).Value;
        Assert.Equal(1, Read(second));
        Write(second + PageBytes, 2);
        Assert.Equal(2, Read(start + PageBytes));
        UserAddr own = Map(space, 1);
        Assert.Equal(Errno.EINVAL, space.Remap(own, 0, PageBytes, RemapFlags.MayMove, default).Error);
        Drop(space);
    }

    [Fact]
    public void WrongRemapsAreRefused()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 4, at: 0x100_0000);
        Map(space, 2, MapProtection.Read, at: 0x100_4000);
        Errno Try(UserAddr at, ulong old, ulong size, RemapFlags flags, ulong to = 0) =>
            space.Remap(at, old * PageBytes, size * PageBytes, flags, new UserAddr(to)).Error;
        Assert.Equal(Errno.EINVAL, Try(start, 4, 4, (RemapFlags)8));
        Assert.Equal(Errno.EINVAL, Try(start, 4, 4, RemapFlags.Fixed));
        Assert.Equal(Errno.EINVAL, Try(start, 4, 0, RemapFlags.MayMove));
        Assert.Equal(Errno.EINVAL, Try(start + 1, 4, 4, RemapFlags.MayMove));
        Assert.Equal(Errno.EFAULT, Try(new UserAddr(0x900_0000), 1, 2, RemapFlags.MayMove));
        Assert.Equal(Errno.EFAULT, Try(start, 5, 6, RemapFlags.MayMove)); // two areas
        Assert.Equal(Errno.EINVAL, Try(start, 4, 4, RemapFlags.MayMove | RemapFlags.Fixed, 0x100_2000)); // overlap
        Assert.Equal(Errno.EINVAL, Try(start, 4, 4, RemapFlags.MayMove | RemapFlags.Fixed, 0x200_0001));
        Assert.Equal(Errno.EINVAL, Try(start, 4, 5, RemapFlags.MayMove | RemapFlags.DontUnmap));
        Drop(space);
    }

    [Fact]
    public void MemoryIsReachedFromOutside()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 2);
        AddressSpace other = Create(); // now loaded
        Assert.Equal(11, space.WriteForeign(start + 4090, "hello world"u8));
        byte[] text = new byte[11];
        Assert.Equal(11, space.ReadForeign(start + 4090, text));
        Assert.Equal("hello world", Encoding.ASCII.GetString(text));
        Assert.Equal(2, space.WriteForeign(start + (2 * PageBytes) - 2, "abc"u8));
        Assert.Equal(0, space.ReadForeign(AddressLayout.UserEnd, text));
        Assert.Equal(Errno.None, space.Protect(start, PageBytes, MapProtection.None));
        Assert.Equal(0, space.ReadForeign(start, text));
        Assert.Equal(0, space.WriteForeign(start, text));
        Drop(other, isLast: false);
        Load(space);
        Assert.Equal((byte)'b', Read(start + (2 * PageBytes) - 1));
        Drop(space);
    }

    [Fact]
    public void AWriteFromOutsideDoesNotReachTheForkedSide()
    {
        AddressSpace parent = Create();
        UserAddr start = Map(parent, 1);
        Write(start, 1);
        Assert.True(parent.TryFork(out AddressSpace child));
        Assert.Equal(1, child.WriteForeign(start, [2]));
        Assert.Equal(1, Read(start));
        Drop(child, isLast: false);
        Drop(parent);
    }

    [Fact]
    public void MapsAreWrittenAsByLinux()
    {
        AddressSpace space = Create();
        TestObject file = new(Pages, 8);
        Map(space, 2, MapProtection.Read | MapProtection.Execute, MapFlags.Private, 0x40_0000, file, 3);
        space.SetBreakStart(new UserAddr(0x60_0000));
        Assert.Equal(new UserAddr(0x60_0800), space.SetBreak(new UserAddr(0x60_0800)));
        Map(space, 1, MapProtection.None, SharedAnonymous, 0x7000_0000_0000);
        Map(space, 1, ReadWrite, at: 0x7000_0001_0000);
        Assert.Equal(Errno.None, space.MapStack(AddressLayout.UserEnd, 2 * PageBytes, ReadWrite));

        string all = "";
        UserAddr at = default;
        byte[] buffer = new byte[200];
        while (true)
        {
            Commence.Lib.TextWriter text = new(buffer);
            if (!space.TryFormatArea(at, ref text, out at))
                break;
            all += Encoding.ASCII.GetString(text.Text);
        }

        Assert.Equal(
            """
            00400000-00402000 r-xp 00003000 fe:01 4711                               /bin/test
            00600000-00601000 rw-p 00000000 00:00 0                                  [heap]
            700000000000-700000001000 ---s 00000000 00:00 0                          /dev/zero (deleted)
            700000010000-700000011000 rw-p 00000000 00:00 0 
            7fffffffd000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]

            """, all);
        Drop(space, isLast: false);
        file.PutReference();
    }

    [Fact]
    public void PartsOfOneFileMergeWhateverTheWayToThem()
    {
        AddressSpace space = Create();
        object identity = new();
        TestObject first = new(Pages, 8) { OtherIdentity = identity };
        TestObject second = new(Pages, 8) { OtherIdentity = identity };
        UserAddr start = Map(space, 2, MapProtection.Read, MapFlags.Private, 0x40_0000, first, 0);
        Map(space, 2, MapProtection.Read, MapFlags.Private | MapFlags.Fixed, 0x40_2000, second, 2);
        Assert.Equal("0-4 r--p 0", Describe(space, start.Value));
        Assert.Equal((2, 1), (first.References, second.References));
        Drop(space, isLast: false);
        first.PutReference();
        second.PutReference();
    }

    [Fact]
    public void LockedMemoryIsThereAndCounted()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 6);
        Assert.Equal(Errno.None, space.Lock(start + PageBytes + 1, PageBytes, ulong.MaxValue)); // touches two pages
        Assert.Equal((2ul, 2ul), (space.ReadStatistics().LockedPages, space.ReadStatistics().ResidentPages));
        Assert.Equal(Errno.EINVAL, space.Advise(start + PageBytes, PageBytes, MemoryAdvice.DontNeed));
        Assert.Equal(Errno.ENOMEM, space.Lock(start, 6 * PageBytes, 5 * PageBytes));
        Assert.Equal(Errno.ENOMEM, space.Lock(start, 7 * PageBytes, ulong.MaxValue)); // not all mapped
        Assert.Equal(Errno.EINVAL, space.Lock(start, ulong.MaxValue, ulong.MaxValue));
        Assert.Equal(Errno.None, space.Unlock(start + (2 * PageBytes), PageBytes));
        Assert.True(space.TryFork(out AddressSpace child));
        Assert.Equal(0ul, child.ReadStatistics().LockedPages);
        Drop(child, isLast: false);
        Assert.Equal(Errno.None, space.UnlockAll());
        Assert.Equal(0ul, space.ReadStatistics().LockedPages);
        Assert.Equal("0-6 rw-p", Describe(space, start.Value));
        Drop(space);
    }

    [Fact]
    public void ResidencyIsTold()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 3);
        Write(start + PageBytes, 1);
        byte[] pages = new byte[3];
        Assert.Equal(Errno.None, space.ReadResidency(start, pages));
        Assert.Equal([0, 1, 0], pages);
        Assert.Equal(Errno.EINVAL, space.ReadResidency(start + 1, pages));
        Assert.Equal(Errno.ENOMEM, space.ReadResidency(start + PageBytes, pages));
        Assert.Equal(Errno.ENOMEM, space.ReadResidency(AddressLayout.UserEnd, pages));
        Drop(space);
    }

    [Fact]
    public void UsersAreCounted()
    {
        AddressSpace space = Create();
        space.GetReference();
        space.PutReference();
        Assert.False(Kmem.IsFreed(space));
        Drop(space);
    }

    [Fact]
    public void ReadingAPageManyTimesIsCheapAndWritingItAfterForkIsCopiedOnce()
    {
        AddressSpace parent = Create();
        UserAddr start = Map(parent, 64);
        for (ulong i = 0; i < 64; i++)
            Write(start + (i * PageBytes), 1);
        Assert.True(parent.TryFork(out AddressSpace child));
        ulong before = Pages.ReadStatistics().FreePages;
        for (ulong i = 0; i < 64; i++)
            Write(start + (i * PageBytes), 2);
        Assert.Equal(64ul, before - Pages.ReadStatistics().FreePages);
        Load(child);
        for (ulong i = 0; i < 64; i++)
            Write(start + (i * PageBytes), 3);
        Assert.Equal(64ul, before - Pages.ReadStatistics().FreePages);
        Drop(child, isLast: false);
        Drop(parent);
    }
}

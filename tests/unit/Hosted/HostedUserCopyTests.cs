using System;
using System.Linq;
using System.Text;
using Commence.Arch;
using Commence.Arch.Hosted;
using Commence.Memory;
using Xunit;

namespace Commence.Tests.Hosted;

public sealed class HostedUserCopyTests : IDisposable
{
    private const ulong Base = 0x40_0000;
    private const PageProtection ReadWrite = PageProtection.User | PageProtection.Write;

    private readonly HostedMachine _machine = new(1);
    private readonly IDisposable _visit;
    private ulong _nextPage = 0x1000; // physical pages in order of use

    public HostedUserCopyTests()
    {
        HostedMemory.Clear();
        _visit = _machine.Enter(0);
        PageTableFormat.LoadRoot(NewPage().Address);
        TrapSink.Instance = new Handler((_, _) => false);
    }

    public void Dispose()
    {
        _visit.Dispose();
        _machine.Dispose();
    }

    private sealed class Handler(Func<ulong, FaultAccess, bool> resolve) : TestTrapSink
    {
        public override bool OnPageFault(ref TrapFrame frame, VirtAddr address, FaultAccess access)
        {
            Assert.False(LocalInterrupts.AreEnabled);
            if (resolve(address.Value, access))
                return true;
            return ExceptionTable.TryFixup(ref frame, address);
        }
    }

    private Pfn NewPage() => new(_nextPage++);

    // Walks and builds the tree as the kernel would.
    private ref ulong Slot(ulong address)
    {
        Pfn table = PageTableFormat.ReadRoot().Frame;
        for (int level = PageTableFormat.LevelCount - 1; ; level--)
        {
            ref ulong slot = ref DirectMap.Words(table)[(int)((address >> (12 + (9 * level))) & 511)];
            if (level == 0)
                return ref slot;
            if (!PageTableFormat.IsPresent(new PageTableEntry(slot)))
                slot = PageTableFormat.EncodeTable(NewPage().Address).Raw;
            table = PageTableFormat.Target(new PageTableEntry(slot), level).Frame;
        }
    }

    private Pfn Map(ulong address, PageProtection protection = ReadWrite)
    {
        Pfn page = NewPage();
        Slot(address) = PageTableFormat.EncodeLeaf(page.Address, 0, protection).Raw;
        return page;
    }

    [Fact]
    public void CopiesAcrossPages()
    {
        Pfn first = Map(Base);
        Pfn second = Map(Base + 4096);
        byte[] data = Enumerable.Range(0, 5000).Select(i => (byte)(i * 7)).ToArray();
        Assert.Equal(0, UserCopy.CopyOut(new UserAddr(Base + 100), data));
        Assert.Equal(data.AsSpan(0, 3996), DirectMap.Span(first)[100..]);
        Assert.Equal(data.AsSpan(3996), DirectMap.Span(second)[..1004]);

        byte[] back = new byte[5000];
        Assert.Equal(0, UserCopy.CopyIn(back, new UserAddr(Base + 100)));
        Assert.Equal(data, back);
        Assert.Equal(0ul, UserCopy.Clear(new UserAddr(Base + 4090), 10));
        Assert.Equal(0, DirectMap.Span(first)[4095] + DirectMap.Span(second)[3]);
    }

    [Fact]
    public void AFaultThatNobodyResolvesEndsTheCopy()
    {
        Map(Base);
        byte[] data = new byte[200];
        Assert.Equal(100, UserCopy.CopyOut(new UserAddr(Base + 3996), data));
        Assert.Equal(100, UserCopy.CopyIn(data, new UserAddr(Base + 3996)));
        Assert.Equal(100ul, UserCopy.Clear(new UserAddr(Base + 3996), 200));
        Assert.True(LocalInterrupts.AreEnabled);
        Assert.False(UserCopy.TryCompareExchange(new UserAddr(Base + 4096), 0, 1, out _));
    }

    [Fact]
    public void TheHandlerCanMapThePage()
    {
        int faults = 0;
        TrapSink.Instance = new Handler((address, access) =>
        {
            faults++;
            Assert.Equal(FaultAccess.Write, access);
            Map(address & ~4095ul);
            return true;
        });
        Assert.Equal(0, UserCopy.CopyOut(new UserAddr(Base + 4000), new byte[5000]));
        Assert.Equal(3, faults);
    }

    [Fact]
    public void ProtectionIsChecked()
    {
        Map(Base, PageProtection.User);
        Map(Base + 4096, PageProtection.Write); // the kernel's
        FaultAccess seen = default;
        TrapSink.Instance = new Handler((_, access) =>
        {
            seen = access;
            return false;
        });
        Assert.Equal(0, UserCopy.CopyIn(new byte[10], new UserAddr(Base)));
        Assert.Equal(10, UserCopy.CopyOut(new UserAddr(Base), new byte[10]));
        Assert.Equal(FaultAccess.Write | FaultAccess.Protection, seen);
        Assert.Equal(10, UserCopy.CopyIn(new byte[10], new UserAddr(Base + 4096)));
        Assert.Equal(FaultAccess.Read | FaultAccess.Protection, seen);
    }

    [Fact]
    public void UseIsMarkedInTheTable()
    {
        Map(Base);
        UserCopy.CopyIn(new byte[1], new UserAddr(Base));
        Assert.True(PageTableFormat.IsAccessed(new PageTableEntry(Slot(Base))));
        Assert.False(PageTableFormat.IsDirty(new PageTableEntry(Slot(Base))));
        UserCopy.CopyOut(new UserAddr(Base), new byte[1]);
        Assert.True(PageTableFormat.IsDirty(new PageTableEntry(Slot(Base))));
    }

    [Fact]
    public void AForgottenFlushShows()
    {
        Pfn page = Map(Base);
        byte[] data = new byte[1];
        UserCopy.CopyIn(data, new UserAddr(Base));
        Slot(Base) = 0;
        DirectMap.Span(page)[0] = 42;
        Assert.Equal(0, UserCopy.CopyIn(data, new UserAddr(Base))); // the processor still knows the page
        Assert.Equal(42, data[0]);
        PageTableFormat.FlushPage(new VirtAddr(Base));
        Assert.Equal(1, UserCopy.CopyIn(data, new UserAddr(Base)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GlobalTranslationsOutliveARoot(bool isGlobal)
    {
        Map(Base, ReadWrite | (isGlobal ? PageProtection.Global : 0));
        UserCopy.CopyIn(new byte[1], new UserAddr(Base));
        PageTableFormat.LoadRoot(NewPage().Address);
        Assert.Equal(isGlobal ? 0 : 1, UserCopy.CopyIn(new byte[1], new UserAddr(Base)));
        PageTableFormat.FlushLocalGlobal();
        Assert.Equal(1, UserCopy.CopyIn(new byte[1], new UserAddr(Base)));
    }

    [Fact]
    public void StringsEndAtTheirZero()
    {
        Map(Base);
        Map(Base + 4096);
        UserAddr text = new(Base + 4093);
        UserCopy.CopyOut(text, "hello\0rest"u8);
        byte[] copy = new byte[20];
        Assert.Equal(5, UserCopy.CopyStringIn(copy, text));
        Assert.Equal("hello\0", Encoding.ASCII.GetString(copy, 0, 6));
        Assert.Equal(4, UserCopy.CopyStringIn(copy.AsSpan(0, 4), text));
        Assert.Equal(-1, UserCopy.CopyStringIn(copy, new UserAddr(Base + 8192)));
    }

    [Fact]
    public void WordsAreReplacedIfTheyAreAsExpected()
    {
        Map(Base);
        UserAddr word = new(Base + 8);
        Assert.True(UserCopy.TryCompareExchange(word, 0, 7, out uint old));
        Assert.Equal(0u, old);
        Assert.True(UserCopy.TryCompareExchange(word, 0, 8, out old));
        Assert.Equal(7u, old);
    }
}

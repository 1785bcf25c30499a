using System.Collections.Generic;
using Commence.Arch;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;
using Xunit;

namespace Commence.Tests.Mm;

public sealed class ShootdownTests : MmTestBase
{
    private readonly Shootdown _shootdown;

    public ShootdownTests()
    {
        _shootdown = new Shootdown(this);
        TlbShootdown.Instance = _shootdown;
    }

    // What IPIs do, at once.
    private sealed class Shootdown(ShootdownTests test) : TlbShootdown
    {
        public List<string> Log { get; } = [];

        public override void FlushUser(in CpuMask targets, PhysAddr root, UserAddr start, ulong pageCount)
        {
            Assert.True(LocalInterrupts.AreEnabled);
            CpuId self = PerCpuArea.Id;
            foreach (CpuId cpu in targets)
            {
                if (cpu == self)
                    continue;
                Log.Add($"{cpu.Value}: {(pageCount > PagesMax ? "all" : pageCount)}");
                test.RunOn(cpu.Value, () => LocalTlb.Flush(root, start, pageCount));
            }
        }

        public override void FlushKernel(VirtAddr start, ulong pageCount) => throw new System.NotSupportedException();

        public override void Leave(in CpuMask targets, PhysAddr root)
        {
            foreach (CpuId cpu in targets)
                test.RunOn(cpu.Value, () => LocalTlb.Leave(root));
        }
    }

    private AddressSpace CreateOnBoth()
    {
        AddressSpace space = Create();
        LoadOn(1, space);
        GoTo(0);
        return space;
    }

    private void LoadOn(int cpu, AddressSpace space)
    {
        GoTo(cpu);
        using (LocalIrq.Disable())
            AddressSpace.Switch(space);
    }

    [Fact]
    public void OneProcessorAloneAsksNobody()
    {
        AddressSpace space = Create();
        UserAddr start = Map(space, 4);
        Write(start, 1);
        Assert.Equal(Errno.None, space.Unmap(start, 4 * PageBytes));
        Assert.Empty(_shootdown.Log);
        Drop(space);
    }

    [Fact]
    public void OthersForgetWhatWasUnmapped()
    {
        AddressSpace space = CreateOnBoth();
        Assert.Equal(2, space.ActiveCpus.Count);
        UserAddr start = Map(space, 100);
        Write(start, 7);
        GoTo(1);
        Assert.Equal(7, Read(start));
        GoTo(0);
        Assert.Equal(Errno.None, space.Unmap(start, PageBytes));
        GoTo(1);
        Assert.False(TryRead(start, out _));
        GoTo(0);
        Assert.Equal(["1: 1"], _shootdown.Log);
        for (ulong i = 1; i < 100; i++)
            Write(start + (i * PageBytes), 1);
        Assert.Equal(Errno.None, space.Unmap(start, 100 * PageBytes));
        Assert.Equal(["1: 1", "1: all"], _shootdown.Log);
        Drop(space);
    }

    [Fact]
    public void OthersSeeTheCopyAfterAWrite()
    {
        AddressSpace parent = CreateOnBoth();
        UserAddr start = Map(parent, 1);
        Write(start, 1);
        Assert.True(parent.TryFork(out AddressSpace child));
        GoTo(1);
        Assert.Equal(1, Read(start)); // remembers the page that both share
        GoTo(0);
        Write(start, 2);
        GoTo(1);
        Assert.Equal(2, Read(start));
        Write(start, 3);
        GoTo(0);
        Assert.Equal(3, Read(start));
        Assert.Equal(1, ReadForeignByte(child, start));
        Drop(child, isLast: false);
        Drop(parent);
    }

    [Fact]
    public void OthersMayNotWriteAfterForkOrProtect()
    {
        AddressSpace parent = CreateOnBoth();
        UserAddr start = Map(parent, 2);
        GoTo(1);
        Write(start, 1);
        Write(start + PageBytes, 1);
        GoTo(0);
        Assert.True(parent.TryFork(out AddressSpace child));
        GoTo(1);
        Write(start, 2);
        GoTo(0);
        Assert.Equal(1, ReadForeignByte(child, start));
        Assert.Equal(Errno.None, parent.Protect(start, 2 * PageBytes, MapProtection.Read));
        GoTo(1);
        Assert.False(TryWrite(start, 3));
        Assert.False(TryWrite(start + PageBytes, 3));
        GoTo(0);
        Drop(child, isLast: false);
        Drop(parent);
    }

    [Fact]
    public void OthersForgetWhatWasMoved()
    {
        AddressSpace space = CreateOnBoth();
        UserAddr start = Map(space, 1, at: 0x100_0000);
        Write(start, 1);
        GoTo(1);
        Assert.Equal(1, Read(start));
        GoTo(0);
        Assert.True(space.Remap(start, PageBytes, PageBytes, RemapFlags.MayMove | RemapFlags.Fixed, new UserAddr(0x200_0000)).IsOk);
        GoTo(1);
        Assert.False(TryRead(start, out _));
        Assert.Equal(1, Read(new UserAddr(0x200_0000)));
        GoTo(0);
        Drop(space);
    }

    [Fact]
    public void AProcessorThatDoesNotUseItIsNotAsked()
    {
        AddressSpace first = CreateOnBoth();
        AddressSpace second = Create();
        LoadOn(1, second);
        GoTo(0);
        UserAddr start = Map(second, 1);
        GoTo(1);
        Write(start, 1);
        GoTo(0);
        Assert.Equal(1, ReadForeignByte(second, start));
        Drop(second, isLast: false);
        RunOn(1, () => Assert.NotEqual(first.Root, PageTableFormat.ReadRoot()));
        Load(first);
        Drop(first);
    }

    [Fact]
    public void AnAddressSpaceThatGoesIsLoadedNowhere()
    {
        AddressSpace space = CreateOnBoth();
        PhysAddr root = space.Root;
        Drop(space);
        Assert.NotEqual(root, PageTableFormat.ReadRoot());
        RunOn(1, () => Assert.NotEqual(root, PageTableFormat.ReadRoot()));
    }

    private static byte ReadForeignByte(AddressSpace space, UserAddr address)
    {
        byte[] value = new byte[1];
        Assert.Equal(1, space.ReadForeign(address, value));
        return value[0];
    }
}

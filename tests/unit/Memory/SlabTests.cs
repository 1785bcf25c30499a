using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Arch.Hosted;
using Commence.Memory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Memory;

public sealed unsafe class SlabTests
{
    private readonly PageAllocator _pages = TestMemory.Pages((TestMemory.MiB, 31 * TestMemory.MiB));
    private SlabAllocator _slabs;

    private KmemCache* Cache(uint size, KmemCacheFlags flags = KmemCacheFlags.None)
    {
        Assert.True(Slabs.TryCreate("test"u8, size, flags, 0, out KmemCache* cache));
        return cache;
    }

    private ref SlabAllocator Slabs
    {
        get
        {
            if (!_slabs.IsReady)
            {
                _slabs.Initialise(_pages, KmemCacheFlags.None);
                Assert.True(_slabs.TryMakeSizes());
            }

            return ref _slabs;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    [InlineData(33)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(3000)]
    [InlineData(8192)]
    [InlineData(20000)]
    public void ObjectsAreZeroAndDoNotOverlap(int size)
    {
        KmemCache* cache = Cache((uint)size);
        List<nint> objects = [];
        for (int i = 0; i < 300; i++)
        {
            byte* taken = cache->Allocate(_pages, AllocationFlags.None);
            Assert.True(taken != null);
            Assert.False(new Span<byte>(taken, size).ContainsAnyExcept((byte)0));
            new Span<byte>(taken, size).Fill((byte)(i | 1));
            objects.Add((nint)taken);
        }

        for (int i = 0; i < objects.Count; i++)
            Assert.False(new Span<byte>((void*)objects[i], size).ContainsAnyExcept((byte)(i | 1)));
        Assert.Equal(300ul, cache->ReadInfo().ActiveObjects);
        foreach (nint taken in objects)
            Slabs.Free((byte*)taken);
        Assert.Equal(0ul, cache->ReadInfo().ActiveObjects);
    }

    [Fact]
    public void FreedObjectsKeepTheirContentsAndType()
    {
        KmemCache* cache = Cache(64);
        ulong slabs = 0;
        for (int round = 0; round < 3; round++)
        {
            List<nint> objects = Enumerable.Range(0, 1000).Select(_ => (nint)cache->Allocate(_pages, AllocationFlags.None)).ToList();
            foreach (nint taken in objects)
            {
                *(ulong*)taken = 0x1234;
                Slabs.Free((byte*)taken);
                Assert.Equal(0x1234ul, *(ulong*)taken); // a late reader sees what was there
            }

            Assert.True(slabs == 0 || slabs == cache->ReadInfo().Slabs); // no page left the cache, none was needed again
            slabs = cache->ReadInfo().Slabs;
        }
    }

    [Fact]
    public void ReclaimableCachesGivePagesBack()
    {
        KmemCache* cache = Cache(512, KmemCacheFlags.Reclaimable);
        ulong free = _pages.ReadStatistics().FreePages;
        List<nint> objects = Enumerable.Range(0, 1000).Select(_ => (nint)cache->Allocate(_pages, AllocationFlags.None)).ToList();
        Assert.True(_pages.ReadStatistics().FreePages < free - 100);
        foreach (nint taken in objects)
            Slabs.Free((byte*)taken);
        Assert.Equal(1ul, cache->ReadInfo().Slabs); // one is kept for the next object
        Assert.InRange(free - _pages.ReadStatistics().FreePages, 1ul, 8ul);
    }

    [Fact]
    public void WrongFreesAreFound()
    {
        KmemCache* cache = Cache(96);
        byte* taken = cache->Allocate(_pages, AllocationFlags.None);
        byte* other = cache->Allocate(_pages, AllocationFlags.None);
        Assert.Throws<KernelPanicException>(() => Slabs.Free(taken + 8));
        Slabs.Free(taken);
        Assert.Throws<KernelPanicException>(() => Slabs.Free(taken));
        Assert.True(_pages.TryAllocate(AllocationFlags.None, out Pfn page));
        Assert.Throws<KernelPanicException>(() => Slabs.Free((byte*)DirectMap.ToVirtual(page.Address).Value));
        Slabs.Free(other);
    }

    [Fact]
    public void DebuggingFindsOverrunsAndLateWrites()
    {
        KmemCache* cache = Cache(40, KmemCacheFlags.Poison | KmemCacheFlags.RedZone);
        byte* taken = cache->Allocate(_pages, AllocationFlags.None);
        Assert.False(new Span<byte>(taken, 40).ContainsAnyExcept((byte)0));
        taken[40] = 1;
        Assert.Throws<KernelPanicException>(() => Slabs.Free(taken));
        taken[40] = 0xDD;
        taken[-1] = 1;
        Assert.Throws<KernelPanicException>(() => Slabs.Free(taken));
        taken[-1] = 0xBB;
        Slabs.Free(taken);
        taken[10] = 1;
        Assert.Throws<KernelPanicException>(() => cache->Allocate(_pages, AllocationFlags.None));
    }

    [Fact]
    public void WithoutMemoryThereIsNoObject()
    {
        KmemCache* cache = Cache(4000);
        PageChain taken = TestMemory.Exhaust(_pages);
        Assert.True(cache->Allocate(_pages, AllocationFlags.None) == null);
        Assert.False(Slabs.TryCreate("x"u8, 64, KmemCacheFlags.None, 0, out _) && Slabs.TryCreate("y"u8, 64, KmemCacheFlags.None, 0, out _)
            && Enumerable.Range(0, 100).All(_ => Slabs.TryCreate("z"u8, 64, KmemCacheFlags.None, 0, out KmemCache* _)));
        taken.FreeAll(_pages);
        Assert.True(cache->Allocate(_pages, AllocationFlags.None) != null);
    }

    [Fact]
    public void ATypesCacheIsMadeOnce()
    {
        nint slot = 0;
        KmemCache* first = Slabs.GetTyped(ref slot, 0x1000, 56);
        Assert.Equal((nint)first, slot);
        Assert.True(first == Slabs.GetTyped(ref slot, 0x1000, 56));
        Assert.Equal(56u, first->ObjectSize);
        Assert.True(Slabs.TryReadInfo(0, out KmemCacheInfo info));
        Assert.Equal(56u, info.ObjectSize);
        first->SetName("task_struct"u8);
        Assert.True(Slabs.TryReadInfo(0, out info));
        Assert.Equal("task_struct"u8, CacheName.Text(in info.Name));
        Assert.False(Slabs.TryReadInfo(1000, out _));
    }

    [Fact]
    public void BuffersOfAnyLength()
    {
        PageStatistics before = KernelMemory.Pages.ReadStatistics();
        Assert.True(Kmalloc.TryAllocate(0, out KBuffer none));
        Assert.True(none.IsNull && none.Span.IsEmpty);
        none.Free();
        Assert.False(Kmalloc.TryAllocate(Kmalloc.LengthMax + 1, out _));
        Assert.False(Kmalloc.TryAllocate(-1, out _));
        foreach (int length in (int[])[1, 31, 32, 33, 100, 4095, 4096, 4097, 8192, 8193, 12288, 65536, 65537, 1 << 20, Kmalloc.LengthMax])
        {
            Assert.True(Kmalloc.TryAllocate(length, out KBuffer buffer));
            Assert.Equal(length, buffer.Span.Length);
            Assert.False(buffer.Span.ContainsAnyExcept((byte)0));
            buffer.Span.Fill(0xAA);
            KBuffer copy = buffer;
            buffer.Free();
            Assert.True(buffer.IsNull);
            Assert.Throws<KernelPanicException>(() => copy.Free());
        }

        Assert.InRange(before.FreePages - KernelMemory.Pages.ReadStatistics().FreePages, 0ul, 64ul);
    }

    [Fact]
    public void BehavesLikeASet() =>
        Prop.ForAll(
            Gen.Choose(1, 5000).Zip(Gen.Choose(-40, 60).ListOf(300)).ToArbitrary(),
            input => Follows((uint)input.Item1, input.Item2.ToList())).Holds(100);

    private bool Follows(uint size, List<int> steps)
    {
        KmemCache* cache = Cache(size, KmemCacheFlags.Reclaimable);
        SortedSet<nint> held = [];
        foreach (int step in steps)
        {
            if (step < 0 && held.Count > 0)
            {
                nint taken = held.ElementAt(-step % held.Count);
                Assert.True(held.Remove(taken));
                Slabs.Free((byte*)taken);
            }
            else
            {
                nint taken = (nint)cache->Allocate(_pages, AllocationFlags.None);
                Assert.NotEqual(0, taken);
                Assert.True(held.Add(taken));
            }
        }

        nint last = 0;
        foreach (nint taken in held)
        {
            Assert.True(last == 0 || taken - last >= size);
            last = taken;
        }

        Assert.Equal((ulong)held.Count, cache->ReadInfo().ActiveObjects);
        foreach (nint taken in held)
            Slabs.Free((byte*)taken);
        return true;
    }

    [Fact]
    public void ProcessorsDoNotGetTheSameObject()
    {
        KmemCache* cache = Cache(64);
        SlabAllocator slabs = Slabs;
        using HostedMachine machine = new(4);
        machine.Run(cpu =>
        {
            Queue<nint> held = [];
            for (int i = 0; i < 5000; i++)
            {
                byte* taken = cache->Allocate(_pages, AllocationFlags.None);
                Assert.Equal(0ul, *(ulong*)taken);
                *(ulong*)taken = (ulong)cpu.Value + 1;
                held.Enqueue((nint)taken);
                if (held.Count > 50)
                {
                    nint oldest = held.Dequeue();
                    Assert.Equal((ulong)cpu.Value + 1, *(ulong*)oldest);
                    slabs.Free((byte*)oldest);
                }
            }

            foreach (nint taken in held)
                slabs.Free((byte*)taken);
        });
        Assert.Equal(0ul, cache->ReadInfo().ActiveObjects);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Memory;
using Commence.Mm;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Mm;

/// <summary>Random programs on some processes, beside a model in which a page is an entry of a dictionary.</summary>
public sealed class AddressSpaceModelTests : MmTestBase
{
    private const int ArenaPages = 40;
    private const int SpacesMax = 3;
    private const ulong FilePages = 24;
    private static readonly UserAddr s_arena = new(0x1000_0000);

    // What a shared page's bytes are kept in; a private page that nobody has written looks through to it.
    private sealed class Cell
    {
        public byte Value;
    }

    private sealed class Page(MapProtection protection, Cell? below, bool isShared)
    {
        public MapProtection Protection = protection;
        public readonly Cell? Below = below;
        public readonly bool IsShared = isShared;
        public byte? Own; // a private page that was written

        public byte Value => Own ?? Below?.Value ?? 0;

        public Page Clone() => new(Protection, Below, IsShared) { Own = Own };
    }

    private sealed class Process(AddressSpace space)
    {
        public readonly AddressSpace Space = space;
        public Page?[] Pages = new Page?[ArenaPages];
    }

    private sealed record Step(int Kind, int Who, int Start, int Length, int Other, int Flags)
    {
        public MapProtection Protection => (MapProtection)(Flags & 3); // none, read, write, both
    }

    private static Gen<Step> Steps { get; } =
        from kind in Gen.Choose(0, 15)
        from who in Gen.Choose(0, SpacesMax - 1)
        from start in Gen.Choose(0, ArenaPages - 1)
        from length in Gen.Choose(1, 12)
        from other in Gen.Choose(0, ArenaPages - 1)
        from flags in Gen.Choose(0, 255)
        select new Step(kind, who, start, Math.Min(length, ArenaPages - start), other, flags);

    private readonly List<Process> _processes = [];
    private Cell[] _file = [];
    private TestObject _object = null!;

    [Fact]
    public void BehavesLikeADictionaryOfPages() =>
        Prop.ForAll(Steps.ListOf(150).ToArbitrary(), steps => Follows(steps.ToList(), Compare)).Holds(150);

    // The same without enough memory: whatever fails, nothing is lost and nobody sees what is not his.
    [Fact]
    public void SurvivesRunningOutOfMemory() =>
        Prop.ForAll(Steps.ListOf(150).Zip(Gen.Choose(0, 60)).Zip(Gen.Choose(0, 40)).ToArbitrary(), input =>
        {
            ((IEnumerable<Step> steps, int pagesLeft), int newsLeft) = input;
            return Follows(steps.ToList(), () =>
            {
            }, pagesLeft, newsLeft);
        }).Holds(150);

    private bool Follows(List<Step> steps, Action check, int? pagesLeft = null, int newsLeft = 0)
    {
        _processes.Clear();
        _object = new TestObject(Pages, FilePages);
        _file = Enumerable.Range(0, (int)FilePages).Select(i => new Cell { Value = (byte)(i + 1) }).ToArray();
        for (ulong i = 0; i < FilePages; i++) // the file is in memory
        {
            Assert.Equal(Errno.None, _object.GetPage(i, false, out Pfn page));
            Pages.Put(page);
        }

        _processes.Add(new Process(Create()));
        PageChain taken = default;
        if (pagesLeft is int left)
        {
            taken = TestMemoryExhaust(Pages.ReadStatistics().ReservePages + (ulong)left);
            Kmem.NewsLeft = newsLeft;
        }

        foreach (Step step in steps)
        {
            Process process = _processes[step.Who % _processes.Count];
            Load(process.Space);
            if (pagesLeft is null)
                Run(step, process);
            else
                RunWithoutModel(step, process);
            check();
        }

        Kmem.NewsLeft = int.MaxValue;
        taken.FreeAll(Pages);
        foreach (Process process in _processes)
            Drop(process.Space, isLast: false);
        _object.PutReference();
        Assert.Equal(FreeAtStart, Pages.ReadStatistics().FreePages);
        return true;
    }

    private PageChain TestMemoryExhaust(ulong left) => Commence.Tests.Memory.TestMemory.Exhaust(Pages, left);

    private static UserAddr At(int page) => s_arena + ((ulong)page * PageBytes);

    private void Run(Step step, Process process)
    {
        UserAddr start = At(step.Start);
        ulong bytes = (ulong)step.Length * PageBytes;
        Span<Page?> range = process.Pages.AsSpan(step.Start, step.Length);
        switch (step.Kind)
        {
            case 0:
            case 1:
                MapRange(process, step);
                break;
            case 2:
                Assert.Equal(Errno.None, process.Space.Unmap(start, bytes));
                range.Clear();
                break;
            case 3:
            case 4:
                Protect(process, step);
                break;
            case 5:
            case 6:
            case 7:
            case 8:
                for (int i = step.Start; i < step.Start + step.Length; i++)
                    WritePage(process, i, (byte)(step.Flags + i));
                break;
            case 9:
            case 10:
                for (int i = step.Start; i < step.Start + step.Length; i++)
                    ReadPage(process, i);
                break;
            case 11:
                Fork(process);
                break;
            case 12:
                Exit(process);
                break;
            case 13:
                Discard(process, step);
                break;
            case 14:
                Remap(process, step);
                break;
            default:
                WriteFromOutside(process, step);
                break;
        }
    }

    private void MapRange(Process process, Step step)
    {
        bool isShared = (step.Flags & 4) != 0;
        bool isFile = (step.Flags & 8) != 0;
        ulong filePage = (ulong)step.Other % (FilePages - 12);
        MapFlags flags = (isShared ? MapFlags.Shared : MapFlags.Private) | MapFlags.Fixed | (isFile ? 0 : MapFlags.Anonymous);
        if ((step.Flags & 16) != 0)
            flags |= MapFlags.Populate;
        _ = Map(process.Space, (ulong)step.Length, step.Protection, flags, At(step.Start).Value, isFile ? _object : null, isFile ? filePage : 0);
        for (int i = 0; i < step.Length; i++)
        {
            Cell? below = isFile ? _file[filePage + (ulong)i] : isShared ? new Cell() : null;
            Page page = new(step.Protection, below, isShared);
            // Populating a private writable mapping makes the copies at once (Linux does so too).
            if ((flags & MapFlags.Populate) != 0 && !isShared && (step.Protection & MapProtection.Write) != 0)
                page.Own = page.Value;
            process.Pages[step.Start + i] = page;
        }
    }

    private static void Protect(Process process, Step step)
    {
        Errno expected = Errno.None;
        for (int i = step.Start; i < step.Start + step.Length; i++)
        {
            if (process.Pages[i] is not Page page)
            {
                expected = Errno.ENOMEM;
                break;
            }

            page.Protection = step.Protection;
        }

        Assert.Equal(expected, process.Space.Protect(At(step.Start), (ulong)step.Length * PageBytes, step.Protection));
    }

    private static void WritePage(Process process, int index, byte value)
    {
        Page? page = process.Pages[index];
        bool canWrite = page is not null && (page.Protection & MapProtection.Write) != 0;
        Assert.Equal(canWrite, TryWrite(At(index) + 5, value));
        if (page is not null && canWrite)
            Store(page, value);
    }

    private static void Store(Page page, byte value)
    {
        if (page.IsShared)
            page.Below!.Value = value;
        else
            page.Own = value;
    }

    private static void ReadPage(Process process, int index)
    {
        Page? page = process.Pages[index];
        bool canRead = page is not null && page.Protection != MapProtection.None;
        Assert.Equal(canRead, TryRead(At(index) + 5, out byte value));
        if (canRead)
            Assert.Equal(page!.Value, value);
    }

    private void Fork(Process process)
    {
        if (_processes.Count == SpacesMax)
            return;
        Assert.True(process.Space.TryFork(out AddressSpace child));
        _processes.Add(new Process(child) { Pages = process.Pages.Select(p => p?.Clone()).ToArray() });
    }

    private void Exit(Process process)
    {
        if (_processes.Count == 1)
            return;
        _processes.Remove(process);
        Drop(process.Space, isLast: false);
    }

    private static void Discard(Process process, Step step)
    {
        bool hasHole = false;
        for (int i = step.Start; i < step.Start + step.Length; i++)
        {
            if (process.Pages[i] is Page page)
                page.Own = null;
            else
                hasHole = true;
        }

        Errno result = process.Space.Advise(At(step.Start), (ulong)step.Length * PageBytes, MemoryAdvice.DontNeed);
        Assert.Equal(hasHole ? Errno.ENOMEM : Errno.None, result);
    }

    // Moves a range that is mapped in one way to another place.
    private static void Remap(Process process, Step step)
    {
        int length = Math.Min(step.Length, ArenaPages - step.Other);
        bool overlaps = step.Other < step.Start + length && step.Start < step.Other + length;
        RemapFlags flags = RemapFlags.MayMove | RemapFlags.Fixed;
        Result<UserAddr> result = process.Space.Remap(
            At(step.Start), (ulong)length * PageBytes, (ulong)length * PageBytes, flags, At(step.Other));
        if (overlaps)
        {
            Assert.Equal(Errno.EINVAL, result.Error);
            return;
        }

        if (!result.IsOk)
        {
            // Not mapped, or in several ways: the model has no areas, so it takes the answer if it can be true.
            Assert.Equal(Errno.EFAULT, result.Error);
            return;
        }

        for (int i = 0; i < length; i++)
        {
            Assert.NotNull(process.Pages[step.Start + i]);
            process.Pages[step.Other + i] = process.Pages[step.Start + i];
            process.Pages[step.Start + i] = null;
        }
    }

    private void WriteFromOutside(Process process, Step step)
    {
        Load(_processes[0].Space);
        Page? page = process.Pages[step.Start];
        bool canWrite = page is not null && (page.Protection & MapProtection.Write) != 0;
        Assert.Equal(canWrite ? 1 : 0, process.Space.WriteForeign(At(step.Start) + 5, [(byte)step.Flags]));
        if (page is not null && canWrite)
            Store(page, (byte)step.Flags);
    }

    // All processes, all pages, by areas and by contents.
    private void Compare()
    {
        foreach (Process process in _processes)
        {
            MapProtection?[] seen = new MapProtection?[ArenaPages];
            UserAddr from = default;
            ulong total = 0;
            while (process.Space.TryReadArea(from, out VmAreaInfo area))
            {
                for (UserAddr at = area.Start; at < area.End; at += PageBytes)
                    seen[(int)((at - s_arena) / PageBytes)] = area.Protection;
                total += (area.End - area.Start) / PageBytes;
                from = area.End;
            }

            Assert.Equal(process.Pages.Select(p => p?.Protection), seen);
            Assert.Equal(total, process.Space.ReadStatistics().TotalPages);
        }

        if (_processes[0].Pages.Count(p => p is not null) % 5 != 0)
            return; // contents now and then: reading them changes what is mapped
        foreach (Process process in _processes)
        {
            Load(process.Space);
            for (int i = 0; i < ArenaPages; i++)
                ReadPage(process, i);
        }
    }

    private void RunWithoutModel(Step step, Process process)
    {
        UserAddr start = At(step.Start);
        ulong bytes = (ulong)step.Length * PageBytes;
        bool isFile = (step.Flags & 8) != 0;
        MapFlags flags = ((step.Flags & 4) != 0 ? MapFlags.Shared : MapFlags.Private) | MapFlags.Fixed;
        switch (step.Kind)
        {
            case 0:
            case 1:
            case 2:
                _ = process.Space.Map(start, bytes, step.Protection, flags, isFile ? _object : null, 0);
                break;
            case 3:
                _ = process.Space.Unmap(start, bytes);
                break;
            case 4:
                _ = process.Space.Protect(start, bytes, step.Protection);
                break;
            case 5:
                _ = process.Space.Remap(start, bytes, bytes * 2, RemapFlags.MayMove, default);
                break;
            case 6 when _processes.Count < SpacesMax:
                if (process.Space.TryFork(out AddressSpace child))
                    _processes.Add(new Process(child));
                break;
            case 7:
                Exit(process);
                break;
            default:
                for (int i = 0; i < step.Length; i++)
                {
                    if (TryWrite(At(step.Start + i), (byte)step.Flags))
                        Assert.Equal((byte)step.Flags, Read(At(step.Start + i)));
                }

                break;
        }
    }
}

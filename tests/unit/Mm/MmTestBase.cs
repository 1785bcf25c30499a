using System;
using Commence.Arch;
using Commence.Arch.Hosted;
using Commence.Memory;
using Commence.Mm;
using Commence.Tests.Hosted;
using Commence.Tests.Memory;
using Xunit;

namespace Commence.Tests.Mm;

/// <summary>Two processors, of which the test is the first, with memory of its own, whose page faults go to the address space that is loaded.</summary>
public abstract class MmTestBase : IDisposable
{
    internal const ulong PageBytes = Limits.PageSizeBytes;
    internal const MapProtection ReadWrite = MapProtection.Read | MapProtection.Write;
    internal const MapFlags PrivateAnonymous = MapFlags.Private | MapFlags.Anonymous;
    internal const MapFlags SharedAnonymous = MapFlags.Shared | MapFlags.Anonymous;

    private readonly HostedMachine _machine = new(2);
    private IDisposable _visit;

    protected MmTestBase(ulong memoryBytes = 64 << 20)
    {
        _visit = _machine.Enter(0);
        Pages = TestMemory.Pages((1 << 20, memoryBytes));
        Assert.True(PageTable.TryCreate(Pages, null, out PageTable kernel));
        Kernel = kernel;
        TrapSink.Instance = new FaultSink(this);
        FreeAtStart = Pages.ReadStatistics().FreePages;
    }

    internal PageAllocator Pages { get; }

    internal PageTable Kernel { get; }

    internal ulong FreeAtStart { get; }

    internal AddressSpace? Loaded { get; private set; }

    internal FaultOutcome LastOutcome { get; private set; }

    public void Dispose()
    {
        Kmem.NewsLeft = int.MaxValue;
        TlbShootdown.Instance = null;
        _visit.Dispose();
        _machine.Dispose();
    }

    internal AddressSpace Create()
    {
        Assert.True(AddressSpace.TryCreate(Pages, Kernel, out AddressSpace space));
        Load(space);
        return space;
    }

    internal void Load(AddressSpace space)
    {
        if (Loaded == space)
            return; // loading again would hide a flush that was forgotten
        using (Commence.Locking.LocalIrq.Disable())
            AddressSpace.Switch(space);
        Loaded = space;
    }

    /// <summary>Goes on on another processor.</summary>
    internal void GoTo(int cpu)
    {
        _visit.Dispose();
        _visit = _machine.Enter(cpu);
    }

    /// <summary>Runs something on another processor, as its interrupt handler would.</summary>
    internal void RunOn(int cpu, Action action)
    {
        using (_machine.Enter(cpu))
            action();
    }

    /// <summary>Takes an address space down and checks that all memory came back, if it was the last one.</summary>
    internal void Drop(AddressSpace space, bool isLast = true)
    {
        if (Loaded == space)
            Loaded = null;
        space.PutReference();
        Assert.True(Kmem.IsFreed(space));
        if (isLast)
            Assert.Equal(FreeAtStart, Pages.ReadStatistics().FreePages);
    }

    internal UserAddr Map(
        AddressSpace space, ulong pages, MapProtection protection = ReadWrite, MapFlags flags = PrivateAnonymous, ulong at = 0,
        MemoryObject? source = null, ulong sourcePage = 0)
    {
        Result<UserAddr> result = space.Map(new UserAddr(at), pages * PageBytes, protection, flags, source, sourcePage * PageBytes);
        Assert.Equal(Errno.None, result.Error);
        return result.Value;
    }

    internal static bool TryRead(UserAddr address, out byte value) => new UserPtr<byte>(address).TryRead(out value);

    internal static bool TryWrite(UserAddr address, byte value) => new UserPtr<byte>(address).TryWrite(value);

    internal static byte Read(UserAddr address)
    {
        Assert.True(TryRead(address, out byte value));
        return value;
    }

    internal static void Write(UserAddr address, byte value) => Assert.True(TryWrite(address, value));

    /// <summary>The areas, as "start-end rwxp offset", in pages relative to a base.</summary>
    internal static string Describe(AddressSpace space, ulong relativeTo = 0)
    {
        string text = "";
        UserAddr from = default;
        while (space.TryReadArea(from, out VmAreaInfo area))
        {
            string rights = $"{Flag(area, MapProtection.Read, 'r')}{Flag(area, MapProtection.Write, 'w')}{Flag(area, MapProtection.Execute, 'x')}{(area.IsShared ? 's' : 'p')}";
            text += $"{(text == "" ? "" : " ")}{(area.Start.Value - relativeTo) / PageBytes:x}-{(area.End.Value - relativeTo) / PageBytes:x} {rights}";
            text += area.Source is null ? "" : $" {area.OffsetBytes / PageBytes:x}";
            from = area.End;
        }

        return text;
    }

    private static char Flag(VmAreaInfo area, MapProtection flag, char letter) => (area.Protection & flag) != 0 ? letter : '-';

    private sealed class FaultSink(MmTestBase test) : TestTrapSink
    {
        public override bool OnPageFault(ref TrapFrame frame, VirtAddr address, FaultAccess access)
        {
            LocalInterrupts.Enable();
            test.LastOutcome = test.Loaded is { } space
                ? space.HandleFault(new UserAddr(address.Value), access)
                : FaultOutcome.SignalSegvMapErr;
            LocalInterrupts.Disable();
            return test.LastOutcome == FaultOutcome.Resolved || ExceptionTable.TryFixup(ref frame, address);
        }
    }
}

/// <summary>A file of some pages; each page's bytes are its number plus one, until they are written.</summary>
internal sealed class TestObject(PageAllocator pages, ulong pageCount) : MemoryObject
{
    private readonly System.Collections.Generic.Dictionary<ulong, Pfn> _pages = [];

    public int References { get; private set; } = 1;

    public int Finds { get; private set; }

    public int Dirtied { get; private set; }

    public Errno NextError { get; set; }

    public bool HasCache { get; set; }

    public object? OtherIdentity { get; init; }

    public override object Identity => OtherIdentity ?? this;

    public override ulong Device => 0xFE01;

    public override ulong Inode => 4711;

    public override void FormatName(ref Commence.Lib.TextWriter text) => text.Append("/bin/test"u8);

    public override void GetReference() => References++;

    public override void PutReference()
    {
        if (--References == 0)
        {
            foreach (Pfn page in _pages.Values)
                pages.Put(page);
        }
    }

    public override Errno GetPage(ulong index, bool isWrite, out Pfn page)
    {
        page = default;
        Finds++;
        Dirtied += isWrite ? 1 : 0;
        if (NextError != Errno.None)
            return NextError;
        if (index >= pageCount)
            return Errno.ENXIO;
        if (!_pages.TryGetValue(index, out page))
        {
            if (!pages.TryAllocate(AllocationFlags.None, out page))
                return Errno.ENOMEM;
            DirectMap.Span(page).Fill((byte)(index + 1));
            _pages.Add(index, page);
        }

        pages.Get(page);
        return Errno.None;
    }

    public override bool TryGetCachedPage(ulong index, out Pfn page)
    {
        page = default;
        return HasCache && index < pageCount && GetPage(index, false, out page) == Errno.None;
    }

    public byte this[ulong index] => _pages.TryGetValue(index, out Pfn page) ? DirectMap.Span(page)[0] : (byte)(index + 1);
}

// /sys/devices/system/cpu: the sets of processors, and a folder for each of them.
//
//   cpu/  online possible present   cpuN/  online
//         vulnerabilities/…                topology/  physical_package_id die_id core_id … (CpuTopologyFile)
//                                          cache/indexM/  level type size shared_cpu_list … (CpuCacheFile)
//
// Folders of processors are not objects: one object serves all, and the entry's subject says which processor is meant, and which of
// its caches. So what there is follows the processors that are online, and costs no memory.
//
// Source: Linux Documentation/ABI/testing/sysfs-devices-system-cpu, Documentation/admin-guide/cputopology.rst.
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Processes;
using Commence.Sched;
using Commence.Smp;

namespace Commence.Fs;

/// <summary>Which processor a file of sysfs is about, and which of its caches: what the subject's descriptor carries.</summary>
internal static class SysCpu
{
    private const int IndexShift = 10; // above Limits.CpuCountMax

    internal static int Encode(int cpu, int index) => cpu | (index << IndexShift);

    internal static int CpuOf(int descriptor) => descriptor & (Limits.CpuCountMax - 1);

    internal static int IndexOf(int descriptor) => descriptor >> IndexShift;

    /// <summary>The processor, if it is online: only then something is known of it.</summary>
    internal static bool TryGet(int descriptor, out Processor processor)
    {
        processor = null!;
        int cpu = CpuOf(descriptor);
        if (descriptor < 0 || cpu >= Processors.Count || !Processors.IsOnline(new CpuId(cpu)))
            return false;
        processor = Processors.Get(new CpuId(cpu));
        return true;
    }
}

/// <summary>A folder that has, besides its own entries, folders named by a prefix and a number.</summary>
internal abstract class NumberedFolder : ProcFolder
{
    private const long NumberedPositionFirst = 1 << 16; // behind the folder's own entries

    /// <summary>What the names begin with.</summary>
    protected abstract ReadOnlySpan<byte> Prefix { get; }

    /// <summary>What is in each of them.</summary>
    protected abstract ProcFolder Inner { get; }

    /// <summary>How many there are.</summary>
    protected abstract int CountFor(ProcSubject subject);

    /// <summary>The subject of one of them.</summary>
    protected abstract ProcSubject SubjectOf(ProcSubject subject, int number);

    internal override ProcEntry? Find(ref ProcSubject subject, scoped ReadOnlySpan<byte> name)
    {
        ProcEntry? entry = base.Find(ref subject, name);
        if (entry is not null || !name.StartsWith(Prefix) || !TryParseNumber(name[Prefix.Length..], out int number)
            || number >= CountFor(subject))
            return entry;

        subject = SubjectOf(subject, number);
        return Inner;
    }

    internal override bool List(ProcSubject subject, ref DirectoryCursor cursor)
    {
        if (cursor.Position < NumberedPositionFirst && !base.List(subject, ref cursor))
            return false;

        int number = (int)Math.Max(0, cursor.Position - NumberedPositionFirst);
        for (int count = CountFor(subject); number < count; number++)
        {
            if (!TryAdd(ref cursor, subject, number))
                return false;
        }

        return true;
    }

    private bool TryAdd(ref DirectoryCursor cursor, ProcSubject subject, int number)
    {
        Span<byte> name = stackalloc byte[24];
        TextWriter text = new(name);
        text.Append(Prefix);
        text.Append(number);
        ulong inode = ProcInode.NumberOf(Inner, SubjectOf(subject, number));
        return cursor.TryAdd(text.Text, inode, Inner.Mode, NumberedPositionFirst + number + 1);
    }
}

/// <summary><c>cpu</c>: the sets, and a folder for each processor.</summary>
internal sealed class SysCpuRoot : NumberedFolder
{
    private readonly SysCpuFolder _inner = new();

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "cpu"u8;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> Prefix => "cpu"u8;

    /// <inheritdoc/>
    protected override ProcFolder Inner => _inner;

    /// <inheritdoc/>
    protected override int CountFor(ProcSubject subject) => Processors.Count;

    /// <inheritdoc/>
    protected override ProcSubject SubjectOf(ProcSubject subject, int number) => subject.WithDescriptor(SysCpu.Encode(number, 0));

    /// <summary>Makes all of it.</summary>
    internal static void AddTo(ProcFolder system)
    {
        SysCpuRoot root = new();
        system.Add(root);
        root.Add(new ProcessorSet(ProcessorSetKind.Online));
        root.Add(new ProcessorSet(ProcessorSetKind.Possible));
        root.Add(new ProcessorSet(ProcessorSetKind.Present));
        root._inner.Fill();
        VulnerabilityFile.AddTo(NamedFolder.AddTo(root, "vulnerabilities"u8));
    }
}

/// <summary><c>cpuN</c>.</summary>
internal sealed class SysCpuFolder : ProcFolder
{
    /// <inheritdoc/>
    /// <remarks>The folder above names it.</remarks>
    public override ReadOnlySpan<byte> Name => default;

    internal void Fill()
    {
        Add(new CpuOnlineFile());
        CpuTopologyFile.AddTo(NamedFolder.AddTo(this, "topology"u8));
        SysCacheFolder caches = new();
        Add(caches);
        caches.Fill();
    }
}

/// <summary><c>cpuN/online</c>: 1 if it schedules. Writing 1 brings in one that was left out at boot or had a verdict.</summary>
internal sealed class CpuOnlineFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "online"u8;

    /// <inheritdoc/>
    public override uint Mode => FileMode.Regular | ReadAllWriteOwner;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append(SysCpu.TryGet(text.Descriptor, out _) ? "1\n"u8 : "0\n"u8);
        return Errno.None;
    }

    /// <inheritdoc/>
    /// <remarks>Nobody is taken off line: EOPNOTSUPP.</remarks>
    internal override Errno AcceptAt(ReadOnlySpan<byte> text, Task? subject, int descriptor)
    {
        int cpu = SysCpu.CpuOf(descriptor);
        if (descriptor < 0 || cpu >= Processors.Count)
            return Errno.EIO;
        if (Task.Current.User is UserThread writer && !writer.Credentials.IsPrivileged)
            return Errno.EPERM;
        if (text.SequenceEqual("1"u8))
            return SmpInit.BringUpLater(Processors.Get(new CpuId(cpu)));
        return text.SequenceEqual("0"u8) ? Errno.EOPNOTSUPP : Errno.EINVAL;
    }
}

/// <summary>A file of <c>vulnerabilities</c>: whether the processors have a weakness, and what is done about it.</summary>
internal sealed class VulnerabilityFile : ProcFile
{
    private readonly int _index;

    private VulnerabilityFile(int index) => _index = index;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => CpuInfo.VulnerabilityName(_index);

    internal static void AddTo(ProcFolder folder)
    {
        for (int i = 0; i < CpuInfo.VulnerabilityCount; i++)
            folder.Add(new VulnerabilityFile(i));
    }

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        CpuInfo.FormatVulnerability(_index, ref text.Out);
        text.Out.Append((byte)'\n');
        return Errno.None;
    }
}

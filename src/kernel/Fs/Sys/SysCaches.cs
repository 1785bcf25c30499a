// cpuN/cache: the caches that a processor tells of, and who shares them.
// Source: Linux Documentation/ABI/testing/sysfs-devices-system-cpu, /sys/devices/system/cpu/cpu*/cache/index*.
using System;
using Commence.Firmware.Cpus;
using Commence.Lib;
using Commence.Smp;

namespace Commence.Fs;

/// <summary><c>cache</c>: a folder for each cache.</summary>
internal sealed class SysCacheFolder : NumberedFolder
{
    private readonly SysCacheIndex _inner = new();

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "cache"u8;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> Prefix => "index"u8;

    /// <inheritdoc/>
    protected override ProcFolder Inner => _inner;

    internal void Fill() => _inner.Fill();

    /// <inheritdoc/>
    protected override int CountFor(ProcSubject subject) =>
        SysCpu.TryGet(subject.Descriptor, out Processor processor) ? processor.Description.Caches.Count : 0;

    /// <inheritdoc/>
    protected override ProcSubject SubjectOf(ProcSubject subject, int number) =>
        subject.WithDescriptor(SysCpu.Encode(SysCpu.CpuOf(subject.Descriptor), number));
}

/// <summary><c>indexM</c>.</summary>
internal sealed class SysCacheIndex : ProcFolder
{
    /// <inheritdoc/>
    /// <remarks>The folder above names it.</remarks>
    public override ReadOnlySpan<byte> Name => default;

    internal void Fill()
    {
        for (CpuCacheFact fact = CpuCacheFact.Level; fact <= CpuCacheFact.SharedList; fact++)
            Add(new CpuCacheFile(fact));
    }
}

/// <summary>Which fact.</summary>
internal enum CpuCacheFact
{
    Level,
    Kind,
    Size,
    Id,
    LineBytes,
    LinesPerTag,
    Sets,
    Ways,
    SharedMask,
    SharedList,
}

/// <summary>A file about one cache of one processor.</summary>
internal sealed class CpuCacheFile : ProcFile
{
    private readonly CpuCacheFact _fact;

    internal CpuCacheFile(CpuCacheFact fact) => _fact = fact;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _fact switch
    {
        CpuCacheFact.Level => "level"u8,
        CpuCacheFact.Kind => "type"u8,
        CpuCacheFact.Size => "size"u8,
        CpuCacheFact.Id => "id"u8,
        CpuCacheFact.LineBytes => "coherency_line_size"u8,
        CpuCacheFact.LinesPerTag => "physical_line_partition"u8,
        CpuCacheFact.Sets => "number_of_sets"u8,
        CpuCacheFact.Ways => "ways_of_associativity"u8,
        CpuCacheFact.SharedMask => "shared_cpu_map"u8,
        _ => "shared_cpu_list"u8,
    };

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        int index = SysCpu.IndexOf(text.Descriptor);
        if (!SysCpu.TryGet(text.Descriptor, out Processor processor) || index >= processor.Description.Caches.Count)
            return Errno.ENXIO;

        CpuCache cache = processor.Description.Caches.Caches[index];
        Append(ref text.Out, in cache);
        text.Out.Append((byte)'\n');
        return Errno.None;
    }

    private void Append(ref TextWriter text, in CpuCache cache)
    {
        switch (_fact)
        {
            case CpuCacheFact.Level:
                text.Append((uint)cache.Level);
                break;
            case CpuCacheFact.Kind:
                text.Append(NameOf(cache.Kind));
                break;
            case CpuCacheFact.Size:
                text.Append($"{cache.SizeBytes >> 10}K");
                break;
            case CpuCacheFact.Id:
                text.Append(cache.Id);
                break;
            case CpuCacheFact.LineBytes:
                text.Append((uint)cache.LineBytes);
                break;
            case CpuCacheFact.LinesPerTag:
                text.Append((uint)cache.LinesPerTag);
                break;
            case CpuCacheFact.Sets:
                text.Append(cache.Sets);
                break;
            case CpuCacheFact.Ways:
                text.Append((uint)cache.Ways);
                break;
            default:
                AppendSharers(ref text, in cache);
                break;
        }
    }

    private void AppendSharers(ref TextWriter text, in CpuCache cache)
    {
        CpuTopology.ReadSharers(in cache, out CpuMask sharers);
        if (_fact == CpuCacheFact.SharedList)
            sharers.Format(ref text);
        else
            ProcFormat.AppendMask(ref text, in sharers);
    }

    private static ReadOnlySpan<byte> NameOf(CpuCacheKind kind) => kind switch
    {
        CpuCacheKind.Data => "Data"u8,
        CpuCacheKind.Instruction => "Instruction"u8,
        _ => "Unified"u8,
    };
}

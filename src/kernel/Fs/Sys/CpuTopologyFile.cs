// cpuN/topology: where a processor sits, and which others sit there too.
//
// "core_siblings" is the old name of package_cpus, "thread_siblings" that of core_cpus.
// Source: Linux Documentation/admin-guide/cputopology.rst.
using System;
using Commence.Lib;
using Commence.Smp;

namespace Commence.Fs;

/// <summary>Which fact.</summary>
internal enum CpuTopologyFact
{
    PackageId,
    DieId,
    CoreId,
    ThreadSiblings,
    ThreadSiblingsList,
    CoreCpus,
    CoreCpusList,
    CoreSiblings,
    CoreSiblingsList,
    PackageCpus,
    PackageCpusList,
    DieCpus,
    DieCpusList,
}

/// <summary>A file about one processor.</summary>
internal sealed class CpuTopologyFile : ProcFile
{
    private readonly CpuTopologyFact _fact;

    private CpuTopologyFile(CpuTopologyFact fact) => _fact = fact;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _fact switch
    {
        CpuTopologyFact.PackageId => "physical_package_id"u8,
        CpuTopologyFact.DieId => "die_id"u8,
        CpuTopologyFact.CoreId => "core_id"u8,
        CpuTopologyFact.ThreadSiblings => "thread_siblings"u8,
        CpuTopologyFact.ThreadSiblingsList => "thread_siblings_list"u8,
        CpuTopologyFact.CoreCpus => "core_cpus"u8,
        CpuTopologyFact.CoreCpusList => "core_cpus_list"u8,
        CpuTopologyFact.CoreSiblings => "core_siblings"u8,
        CpuTopologyFact.CoreSiblingsList => "core_siblings_list"u8,
        CpuTopologyFact.PackageCpus => "package_cpus"u8,
        CpuTopologyFact.PackageCpusList => "package_cpus_list"u8,
        CpuTopologyFact.DieCpus => "die_cpus"u8,
        _ => "die_cpus_list"u8,
    };

    internal static void AddTo(ProcFolder folder)
    {
        for (CpuTopologyFact fact = CpuTopologyFact.PackageId; fact <= CpuTopologyFact.DieCpusList; fact++)
            folder.Add(new CpuTopologyFile(fact));
    }

    /// <inheritdoc/>
    /// <remarks>Nothing is known of a processor that is not online.</remarks>
    public override Errno Generate(ref ProcText text)
    {
        if (!SysCpu.TryGet(text.Descriptor, out Processor processor))
            return Errno.ENXIO;

        switch (_fact)
        {
            case CpuTopologyFact.PackageId:
                text.Out.Append(processor.Place.Package);
                break;
            case CpuTopologyFact.DieId:
                text.Out.Append(processor.Place.Die);
                break;
            case CpuTopologyFact.CoreId:
                text.Out.Append(processor.Place.Core);
                break;
            default:
                AppendSharers(ref text.Out, processor);
                break;
        }

        text.Out.Append((byte)'\n');
        return Errno.None;
    }

    private void AppendSharers(ref TextWriter text, Processor processor)
    {
        CpuTopology.ReadSharers(processor, LevelOf(_fact), out CpuMask sharers);
        if (IsList(_fact))
            sharers.Format(ref text);
        else
            ProcFormat.AppendMask(ref text, in sharers);
    }

    private static TopologyLevel LevelOf(CpuTopologyFact fact) => fact switch
    {
        >= CpuTopologyFact.DieCpus => TopologyLevel.Die,
        >= CpuTopologyFact.CoreSiblings => TopologyLevel.Package,
        _ => TopologyLevel.Core,
    };

    private static bool IsList(CpuTopologyFact fact) => fact is CpuTopologyFact.ThreadSiblingsList or CpuTopologyFact.CoreCpusList
        or CpuTopologyFact.CoreSiblingsList or CpuTopologyFact.PackageCpusList or CpuTopologyFact.DieCpusList;
}

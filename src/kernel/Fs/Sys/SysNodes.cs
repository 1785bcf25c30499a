// /sys/devices/system/node: nodes, their processors, their memory, and how far they are apart.
//
// A set of nodes is written like one of processors, and kept like one.
// Source: Linux Documentation/ABI/stable/sysfs-devices-node.
using System;
using Commence.Lib;
using Commence.Smp;

namespace Commence.Fs;

/// <summary><c>node</c>: the sets, and a folder for each node.</summary>
internal sealed class SysNodeRoot : NumberedFolder
{
    private readonly SysNodeFolder _inner = new();

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "node"u8;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> Prefix => "node"u8;

    /// <inheritdoc/>
    protected override ProcFolder Inner => _inner;

    /// <inheritdoc/>
    protected override int CountFor(ProcSubject subject) => Nodes.Count;

    /// <inheritdoc/>
    protected override ProcSubject SubjectOf(ProcSubject subject, int number) => subject.WithDescriptor(number);

    /// <summary>Makes all of it.</summary>
    internal static void AddTo(ProcFolder system)
    {
        SysNodeRoot root = new();
        system.Add(root);
        for (NodeSetKind kind = NodeSetKind.Online; kind <= NodeSetKind.HasProcessors; kind++)
            root.Add(new NodeSet(kind));
        for (NodeFact fact = NodeFact.ProcessorList; fact <= NodeFact.MemoryInfo; fact++)
            root._inner.Add(new NodeFile(fact));
    }
}

/// <summary><c>nodeN</c>.</summary>
internal sealed class SysNodeFolder : ProcFolder
{
    /// <inheritdoc/>
    /// <remarks>The folder above names it.</remarks>
    public override ReadOnlySpan<byte> Name => default;
}

/// <summary>Which set of nodes.</summary>
internal enum NodeSetKind
{
    Online,
    Possible,
    HasMemory,
    HasNormalMemory,
    HasProcessors,
}

/// <summary>A set of nodes as ranges.</summary>
internal sealed class NodeSet : ProcFile
{
    private readonly NodeSetKind _kind;

    internal NodeSet(NodeSetKind kind) => _kind = kind;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _kind switch
    {
        NodeSetKind.Online => "online"u8,
        NodeSetKind.Possible => "possible"u8,
        NodeSetKind.HasMemory => "has_memory"u8,
        NodeSetKind.HasNormalMemory => "has_normal_memory"u8,
        _ => "has_cpu"u8,
    };

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        CpuMask nodes = default;
        for (int node = 0; node < Nodes.Count; node++)
        {
            if (IsIn(node))
                nodes.Add(new CpuId(node));
        }

        nodes.Format(ref text.Out);
        text.Out.Append((byte)'\n');
        return Errno.None;
    }

    // Nothing is plugged in later. All memory is of the kind that the kernel can reach at any time.
    private bool IsIn(int node)
    {
        if (_kind is NodeSetKind.Online or NodeSetKind.Possible)
            return true;
        if (_kind != NodeSetKind.HasProcessors)
            return Nodes.HasMemory(node);
        Nodes.ReadProcessors(node, out CpuMask cpus);
        return !cpus.IsEmpty;
    }
}

/// <summary>Which fact.</summary>
internal enum NodeFact
{
    ProcessorList,
    ProcessorMask,
    Distance,
    MemoryInfo,
}

/// <summary>A file about one node.</summary>
internal sealed class NodeFile : ProcFile
{
    private readonly NodeFact _fact;

    internal NodeFile(NodeFact fact) => _fact = fact;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _fact switch
    {
        NodeFact.ProcessorList => "cpulist"u8,
        NodeFact.ProcessorMask => "cpumap"u8,
        NodeFact.Distance => "distance"u8,
        _ => "meminfo"u8,
    };

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        int node = text.Descriptor;
        if ((uint)node >= (uint)Nodes.Count)
            return Errno.ENXIO;

        if (_fact == NodeFact.Distance)
            AppendDistances(ref text.Out, node);
        else if (_fact == NodeFact.MemoryInfo)
            AppendMemory(ref text.Out, node);
        else
            AppendProcessors(ref text.Out, node);
        return Errno.None;
    }

    private void AppendProcessors(ref TextWriter text, int node)
    {
        Nodes.ReadProcessors(node, out CpuMask cpus);
        if (_fact == NodeFact.ProcessorList)
            cpus.Format(ref text);
        else
            ProcFormat.AppendMask(ref text, in cpus);
        text.Append((byte)'\n');
    }

    private static void AppendDistances(ref TextWriter text, int node)
    {
        for (int other = 0; other < Nodes.Count; other++)
        {
            if (other > 0)
                text.Append((byte)' ');
            text.Append((uint)Nodes.Map.Distance(node, other));
        }

        text.Append((byte)'\n');
    }

    private static void AppendMemory(ref TextWriter text, int node)
    {
        Nodes.CountPages(node, out ulong managed, out ulong free);
        AppendLine(ref text, node, "MemTotal:       "u8, managed);
        AppendLine(ref text, node, "MemFree:        "u8, free);
        AppendLine(ref text, node, "MemUsed:        "u8, managed - Math.Min(free, managed));
    }

    private static void AppendLine(ref TextWriter text, int node, scoped ReadOnlySpan<byte> name, ulong pages) =>
        text.Append($"Node {node} {name}{pages << (Limits.PageShift - 10),8} kB\n");
}

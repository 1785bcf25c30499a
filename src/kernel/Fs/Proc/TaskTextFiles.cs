// Files of a process that are text: cmdline, comm, environ, limits, maps.
//
// Source: Linux man-pages, proc_pid_cmdline(5), proc_pid_comm(5), proc_pid_environ(5), proc_pid_limits(5), proc_pid_maps(5).
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>A part of a process's memory.</summary>
internal static class ForeignMemory
{
    private const int PieceBytes = Limits.PageSizeBytes;

    /// <summary>Copies strings of a process out of its memory.</summary>
    /// <returns>ENOMEM or none; nothing is copied of what is not there.</returns>
    internal static Errno Append(ref ProcText text, AddressSpace memory, UserAddr start, UserAddr end)
    {
        if (!Kmalloc.TryAllocate(PieceBytes, out KBuffer piece))
            return Errno.ENOMEM;

        while (start < end && !text.IsFull)
        {
            int wanted = (int)Math.Min(end - start, PieceBytes);
            int count = memory.ReadForeign(start, piece.Span[..wanted]);
            text.Out.Append(piece.Span[..count]);
            text.EndRecord();
            if (count < wanted)
                break;
            start += (ulong)count;
        }

        piece.Free();
        return Errno.None;
    }

    /// <summary>The memory of a process, with a use for the caller; null if it has none.</summary>
    internal static AddressSpace? Get(Task task) => task.User?.Process.GetMemory();
}

/// <summary><c>cmdline</c>: the arguments, each with a zero byte. Empty for a kernel thread and a zombie.</summary>
internal sealed class CommandArguments : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "cmdline"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        AddressSpace? memory = ForeignMemory.Get(text.Subject);
        if (memory is null)
            return Errno.None;

        ArgumentArea strings = ReadArea(text.Subject.User!.Process);
        Errno error = ForeignMemory.Append(ref text, memory, strings.ArgumentsStart, strings.ArgumentsEnd);
        memory.PutReference();
        return error;
    }

    /// <summary>Where a process's strings lie.</summary>
    internal static ArgumentArea ReadArea(Process process)
    {
        using IrqSpinLock.Guard guard = process.SignalLock.Lock();
        return process.Arguments;
    }
}

/// <summary><c>environ</c>: the environment that the program began with.</summary>
internal sealed class EnvironmentFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "environ"u8;

    /// <inheritdoc/>
    public override uint Mode => FileMode.Regular | ReadOwner;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        if (!ProcSubject.MayInspect(text.Subject))
            return Errno.EACCES;

        AddressSpace? memory = ForeignMemory.Get(text.Subject);
        if (memory is null)
            return Errno.None;

        ArgumentArea strings = CommandArguments.ReadArea(text.Subject.User!.Process);
        Errno error = ForeignMemory.Append(ref text, memory, strings.EnvironmentStart, strings.EnvironmentEnd);
        memory.PutReference();
        return error;
    }
}

/// <summary><c>comm</c>: the short name, which the process may change.</summary>
internal sealed class CommandName : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "comm"u8;

    /// <inheritdoc/>
    public override uint Mode => FileMode.Regular | ReadAllWriteOwner;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append($"{text.Subject.Name}\n");
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Accept(ReadOnlySpan<byte> text, Task? subject)
    {
        if (subject!.User is null || subject.User.Process != Task.Current.User?.Process)
            return Errno.EINVAL;

        subject.SetName(text);
        return Errno.None;
    }
}

/// <summary><c>limits</c>: a table of what the process may use.</summary>
internal sealed class LimitsFile : ProcFile
{
    private const int NameWidth = 25;
    private const int ValueWidth = 20;
    private const int UnitWidth = 10;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "limits"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        if (text.Subject.User is null)
            return Errno.None;

        ResourceLimits limits;
        Process process = text.Subject.User.Process;
        using (process.SignalLock.Lock())
            limits = process.Limits;

        text.Out.Append("Limit                     Soft Limit           Hard Limit           Units     \n"u8);
        for (int kind = 0; kind < ResourceLimits.Count; kind++)
            AppendLine(ref text.Out, (ResourceKind)kind, limits[kind]);
        return Errno.None;
    }

    private static void AppendLine(ref TextWriter text, ResourceKind kind, in ResourceLimit limit)
    {
        Describe(kind, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> unit);
        AppendColumn(ref text, name, NameWidth);
        AppendValue(ref text, limit.Soft);
        AppendValue(ref text, limit.Hard);
        AppendColumn(ref text, unit, UnitWidth - 1);
        text.Append((byte)'\n');
    }

    private static void AppendValue(ref TextWriter text, ulong value)
    {
        int start = text.Length;
        if (value == ResourceLimit.Infinity)
            text.Append("unlimited"u8);
        else
            text.Append(value);
        text.AppendRepeated((byte)' ', ValueWidth + 1 - (text.Length - start));
    }

    private static void AppendColumn(ref TextWriter text, ReadOnlySpan<byte> value, int width)
    {
        text.Append(value);
        text.AppendRepeated((byte)' ', width + 1 - value.Length);
    }

    private static void Describe(ResourceKind kind, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> unit)
    {
        unit = "bytes"u8;
        switch (kind)
        {
            case ResourceKind.CpuTime:
                name = "Max cpu time"u8;
                unit = "seconds"u8;
                break;
            case ResourceKind.FileSize:
                name = "Max file size"u8;
                break;
            case ResourceKind.Data:
                name = "Max data size"u8;
                break;
            case ResourceKind.Stack:
                name = "Max stack size"u8;
                break;
            case ResourceKind.Core:
                name = "Max core file size"u8;
                break;
            case ResourceKind.ResidentSet:
                name = "Max resident set"u8;
                break;
            case ResourceKind.Processes:
                name = "Max processes"u8;
                unit = "processes"u8;
                break;
            case ResourceKind.OpenFiles:
                name = "Max open files"u8;
                unit = "files"u8;
                break;
            case ResourceKind.LockedMemory:
                name = "Max locked memory"u8;
                break;
            case ResourceKind.AddressSpace:
                name = "Max address space"u8;
                break;
            case ResourceKind.FileLocks:
                name = "Max file locks"u8;
                unit = "locks"u8;
                break;
            case ResourceKind.PendingSignals:
                name = "Max pending signals"u8;
                unit = "signals"u8;
                break;
            case ResourceKind.MessageQueues:
                name = "Max msgqueue size"u8;
                break;
            case ResourceKind.Nice:
                name = "Max nice priority"u8;
                unit = default;
                break;
            case ResourceKind.RealtimePriority:
                name = "Max realtime priority"u8;
                unit = default;
                break;
            default:
                name = "Max realtime timeout"u8;
                unit = "us"u8;
                break;
        }
    }
}

/// <summary><c>maps</c>: the areas of a process's memory.</summary>
internal sealed class MapsFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "maps"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        if (!ProcSubject.MayInspect(text.Subject))
            return Errno.EACCES;

        AddressSpace? memory = ForeignMemory.Get(text.Subject);
        if (memory is null)
            return Errno.None;

        UserAddr at = default;
        while (!text.IsFull && memory.TryFormatArea(at, ref text.Out, out at))
            text.EndRecord();
        memory.PutReference();
        return Errno.None;
    }
}

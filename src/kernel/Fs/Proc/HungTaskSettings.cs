// /proc/sys/kernel/hung_task_*: numbers in decimal that root may change.
//
// Source: Linux Documentation/admin-guide/sysctl/kernel.rst.
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>Which of them.</summary>
internal enum HungTaskSettingKind
{
    Panic,
    Period,
    Timeout,
    Warnings,
}

/// <summary>One setting of the search for hung tasks.</summary>
internal sealed class HungTaskSetting : ProcFile
{
    private readonly HungTaskSettingKind _kind;

    internal HungTaskSetting(HungTaskSettingKind kind) => _kind = kind;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _kind switch
    {
        HungTaskSettingKind.Panic => "hung_task_panic"u8,
        HungTaskSettingKind.Period => "hung_task_check_interval_secs"u8,
        HungTaskSettingKind.Timeout => "hung_task_timeout_secs"u8,
        _ => "hung_task_warnings"u8,
    };

    /// <inheritdoc/>
    public override uint Mode => FileMode.Regular | ReadAllWriteOwner;

    internal static void AddTo(ProcFolder folder)
    {
        folder.Add(new HungTaskSetting(HungTaskSettingKind.Panic));
        folder.Add(new HungTaskSetting(HungTaskSettingKind.Period));
        folder.Add(new HungTaskSetting(HungTaskSettingKind.Timeout));
        folder.Add(new HungTaskSetting(HungTaskSettingKind.Warnings));
    }

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        text.Out.Append(_kind switch
        {
            HungTaskSettingKind.Panic => HungTasks.IsPanicWanted ? 1 : 0,
            HungTaskSettingKind.Period => HungTasks.PeriodSeconds,
            HungTaskSettingKind.Timeout => HungTasks.TimeoutSeconds,
            _ => HungTasks.WarningsLeft,
        });
        text.Out.Append((byte)'\n');
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Accept(ReadOnlySpan<byte> text, Task? subject)
    {
        if (Task.Current.User is UserThread writer && !writer.Credentials.IsPrivileged)
            return Errno.EPERM;
        if (!text.IsEmpty && text[^1] == (byte)'\n')
            text = text[..^1];

        int min = _kind == HungTaskSettingKind.Warnings ? -1 : 0;
        int max = _kind switch
        {
            HungTaskSettingKind.Panic => 1,
            HungTaskSettingKind.Warnings => int.MaxValue,
            _ => HungTasks.SecondsMax,
        };
        if (!KernelParameterValue.TryReadSigned(text, min, max, out long value))
            return Errno.EINVAL;

        Set((int)value);
        HungTaskThread.OnSettingsChanged();
        return Errno.None;
    }

    private void Set(int value)
    {
        switch (_kind)
        {
            case HungTaskSettingKind.Panic:
                HungTasks.IsPanicWanted = value != 0;
                break;
            case HungTaskSettingKind.Period:
                HungTasks.PeriodSeconds = value;
                break;
            case HungTaskSettingKind.Timeout:
                HungTasks.TimeoutSeconds = value;
                break;
            default:
                HungTasks.WarningsLeft = value;
                break;
        }
    }
}

// /proc/sys: single values.
//
// Source: Linux Documentation/admin-guide/sysctl (kernel, vm, fs); random(4).
using System;
using System.Threading;
using Commence.Abi;
using Commence.Lib;
using Commence.Mm;
using Commence.Processes;
using Commence.Sched;
using Commence.Syscalls;

namespace Commence.Fs;

/// <summary>Which value.</summary>
internal enum SettingKind
{
    AreasMax,
    BootId,
    DomainName,
    GroupsMax,
    HostName,
    NumberMax,
    OpenFilesMax,
    OsRelease,
    OsType,
    OvercommitMemory,
    ThreadsMax,
    Uuid,
    Version,
}

/// <summary>One value, in a line.</summary>
internal sealed class Setting : ProcFile
{
    private const int HostNameMax = 64;

    private static ulong s_bootIdHigh; // Volatile; 0: not drawn yet
    private static ulong s_bootIdLow;

    private readonly SettingKind _kind;

    internal Setting(SettingKind kind) => _kind = kind;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _kind switch
    {
        SettingKind.AreasMax => "max_map_count"u8,
        SettingKind.BootId => "boot_id"u8,
        SettingKind.DomainName => "domainname"u8,
        SettingKind.GroupsMax => "ngroups_max"u8,
        SettingKind.HostName => "hostname"u8,
        SettingKind.NumberMax => "pid_max"u8,
        SettingKind.OpenFilesMax => "nr_open"u8,
        SettingKind.OsRelease => "osrelease"u8,
        SettingKind.OsType => "ostype"u8,
        SettingKind.OvercommitMemory => "overcommit_memory"u8,
        SettingKind.ThreadsMax => "threads-max"u8,
        SettingKind.Uuid => "uuid"u8,
        _ => "version"u8,
    };

    /// <inheritdoc/>
    public override uint Mode => FileMode.Regular | (IsWritable ? ReadAllWriteOwner : ReadAll);

    private bool IsWritable => _kind is SettingKind.HostName or SettingKind.DomainName;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        SystemNames.Read(out UtsName names);
        switch (_kind)
        {
            case SettingKind.AreasMax:
                text.Out.Append(AddressSpace.AreaCountMax);
                break;
            case SettingKind.BootId:
                AppendBootId(ref text.Out);
                break;
            case SettingKind.DomainName:
                text.Out.Append(TextOf(names.Domain));
                break;
            case SettingKind.GroupsMax:
                text.Out.Append(Credentials.GroupCountMax);
                break;
            case SettingKind.HostName:
                text.Out.Append(TextOf(names.Node));
                break;
            case SettingKind.NumberMax:
                text.Out.Append(TaskTable.NumberMax);
                break;
            case SettingKind.OpenFilesMax:
                text.Out.Append(FileTable.CountMax);
                break;
            case SettingKind.OsRelease:
                text.Out.Append(TextOf(names.Release));
                break;
            case SettingKind.OsType:
                text.Out.Append(TextOf(names.System));
                break;
            case SettingKind.OvercommitMemory:
                text.Out.Append((byte)'1'); // mmap promises without counting
                break;
            case SettingKind.ThreadsMax:
                text.Out.Append(TaskLimit.Max);
                break;
            case SettingKind.Uuid:
                AppendUuid(ref text.Out, RandomPool.Next(), RandomPool.Next());
                break;
            default:
                text.Out.Append(TextOf(names.Version));
                break;
        }

        text.Out.Append((byte)'\n');
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno Accept(ReadOnlySpan<byte> text, Task? subject)
    {
        if (!IsWritable)
            return Errno.EIO;
        if (Task.Current.User is UserThread writer && !writer.Credentials.IsPrivileged)
            return Errno.EPERM;

        SystemNames.Set(text[..Math.Min(text.Length, HostNameMax)], _kind == SettingKind.DomainName);
        return Errno.None;
    }

    private static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> field)
    {
        int length = field.IndexOf((byte)0);
        return length < 0 ? field : field[..length];
    }

    // The first reader draws it; a second one at the same time sees the first one's.
    private static void AppendBootId(ref TextWriter text)
    {
        if (Volatile.Read(ref s_bootIdHigh) == 0)
        {
            Interlocked.CompareExchange(ref s_bootIdLow, RandomPool.Next() | 1, 0);
            Interlocked.CompareExchange(ref s_bootIdHigh, RandomPool.Next() | 1, 0);
        }

        AppendUuid(ref text, Volatile.Read(ref s_bootIdHigh), Volatile.Read(ref s_bootIdLow));
    }

    // RFC 9562 §5.4, UUID version 4: 122 random bits; 4 bits of version, 2 of variant.
    private static void AppendUuid(ref TextWriter text, ulong high, ulong low)
    {
        high = (high & ~0xF000UL) | 0x4000;
        low = (low & ~(3UL << 62)) | (2UL << 62);
        text.Append($"{high >> 32:x8}-{high >> 16 & 0xFFFF:x4}-{high & 0xFFFF:x4}-{low >> 48:x4}-{low & 0xFFFF_FFFF_FFFF:x12}");
    }
}

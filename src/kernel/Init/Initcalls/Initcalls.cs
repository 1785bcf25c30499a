// The kernel's initcalls: the table that the build makes (InitcallAttribute), and when its levels run.
//
//   pid 1:  early ─▶ other processors ─▶ pure … late
using System;
using System.Threading;

namespace Commence.Init;

/// <summary>All initcalls (Linux: <c>do_pre_smp_initcalls</c>, <c>do_initcalls</c>).</summary>
public static class Initcalls
{
    private const ulong NsPerSecond = 1_000_000_000;

    // Help costs a fraction of a millisecond where a halted processor has to be woken for it. Who waits for longer than what help
    // costs before he calls it never loses more than twice that; the watch looks no more often than the tick.
    private const ulong PatienceNs = Limits.TickNanoseconds;

    private static InitcallSet? s_set;
    private static InitcallRunner? s_runner;

    /// <summary>The table; the image hands it down before the start.</summary>
    public static InitcallSet Set
    {
        get => Volatile.Read(ref s_set!);
        set => Volatile.Write(ref s_set, value);
    }

    /// <summary>Each initcall is announced and timed.</summary>
    [KernelParameter("initcall_debug", Help = "print each initcall with its processor and duration; a debug message, see loglevel")]
    internal static bool IsDebug { get; set; }

    /// <summary>Independent initcalls run at the same time, where one keeps others waiting.</summary>
    [KernelParameter("initcall.parallel", Help = "begin further initcalls while one that they do not need sleeps or takes long")]
    internal static bool IsParallel { get; set; } = true;

    /// <summary>What an initcall may take before it is reported.</summary>
    [KernelParameter("initcall.bound", Min = 1, Max = 3600, Unit = "seconds", Help = "time after which an initcall that still runs is reported by name")]
    internal static int BoundSeconds { get; set; } = 10;

    private static InitcallRunner Runner => s_runner ??= new InitcallRunner(Set, default);

    /// <summary>Takes a list of names.</summary>
    /// <returns>True: a name that does not exist is reported by itself, and the others count.</returns>
    /// <remarks>Context: boot, once <c>new</c> works; as often as one likes.</remarks>
    [KernelParameter("initcall_blacklist", Syntax = "name,…", Help = "initcalls that are passed over, by the names that initcall_debug shows")]
    internal static bool Blacklist(ReadOnlySpan<byte> names)
    {
        while (!names.IsEmpty)
        {
            int comma = names.IndexOf((byte)',');
            ReadOnlySpan<byte> name = comma < 0 ? names : names[..comma];
            names = comma < 0 ? default : names[(comma + 1)..];
            if (!name.IsEmpty && !Runner.TryBlacklist(name))
                Printk.Error($"initcall_blacklist: this kernel has no initcall '{name}'");
        }

        return true;
    }

    /// <summary>Runs what must be done before other processors start (Linux: <c>do_pre_smp_initcalls</c>).</summary>
    /// <remarks>Context: pid 1, on the boot processor alone.</remarks>
    internal static void RunBeforeSmp()
    {
        InitcallOptions options = new()
        {
            IsParallel = IsParallel,
            PatienceNs = PatienceNs,
            IsDebug = IsDebug,
            BoundNs = (ulong)BoundSeconds * NsPerSecond,
        };
        Runner.Configure(in options);
        Runner.Run(InitcallLevel.Early, InitcallLevel.EarlySync);
    }

    /// <summary>Runs all others, level by level (Linux: <c>do_basic_setup</c>).</summary>
    /// <remarks>Context: pid 1, all processors online.</remarks>
    internal static void RunAll() => Runner.Run(InitcallLevel.Pure, InitcallLevel.LateSync);

    /// <summary>A level's name, as Linux writes it: "core", "core_sync".</summary>
    internal static ReadOnlySpan<byte> NameOf(InitcallLevel level) => level switch
    {
        InitcallLevel.Early => "early"u8,
        InitcallLevel.EarlySync => "early_sync"u8,
        InitcallLevel.Pure => "pure"u8,
        InitcallLevel.PureSync => "pure_sync"u8,
        InitcallLevel.Core => "core"u8,
        InitcallLevel.CoreSync => "core_sync"u8,
        InitcallLevel.Postcore => "postcore"u8,
        InitcallLevel.PostcoreSync => "postcore_sync"u8,
        InitcallLevel.Arch => "arch"u8,
        InitcallLevel.ArchSync => "arch_sync"u8,
        InitcallLevel.Subsys => "subsys"u8,
        InitcallLevel.SubsysSync => "subsys_sync"u8,
        InitcallLevel.Fs => "fs"u8,
        InitcallLevel.FsSync => "fs_sync"u8,
        InitcallLevel.Rootfs => "rootfs"u8,
        InitcallLevel.RootfsSync => "rootfs_sync"u8,
        InitcallLevel.Device => "device"u8,
        InitcallLevel.DeviceSync => "device_sync"u8,
        InitcallLevel.Late => "late"u8,
        _ => "late_sync"u8,
    };
}

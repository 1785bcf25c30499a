// Limits on what a process may use.
//
// Source: getrlimit(2); the initial values are Linux's (asm-generic/resource.h) for what is kept here.
using System.Runtime.CompilerServices;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;

namespace Commence.Processes;

/// <summary>Soft and hard limits by <see cref="ResourceKind"/>.</summary>
/// <remarks>The process's SignalLock protects changes; a reader takes what it finds, each half being one word.</remarks>
[InlineArray(Count)]
public struct ResourceLimits
{
    /// <summary>Kinds of limits.</summary>
    public const int Count = 16;

    private const ulong StackDefault = 8 << 20;
    private const ulong OpenFilesDefault = 1024;
    private const ulong OpenFilesHardDefault = 4096;
    private const ulong LockedDefault = 8 << 20;
    private const ulong MessageQueuesDefault = 819200;

    private ResourceLimit _first;

    /// <summary>Sets the limits of the first process.</summary>
    /// <param name="tasksMax">How many tasks memory is enough for; a user gets half of them (Linux: fork_init).</param>
    public void SetDefaults(ulong tasksMax)
    {
        for (int i = 0; i < Count; i++)
            this[i] = new ResourceLimit { Soft = ResourceLimit.Infinity, Hard = ResourceLimit.Infinity };

        Set(ResourceKind.Stack, StackDefault, ResourceLimit.Infinity);
        Set(ResourceKind.Core, 0, ResourceLimit.Infinity);
        Set(ResourceKind.Processes, tasksMax / 2, tasksMax / 2);
        Set(ResourceKind.OpenFiles, OpenFilesDefault, OpenFilesHardDefault);
        Set(ResourceKind.LockedMemory, LockedDefault, LockedDefault);
        Set(ResourceKind.PendingSignals, tasksMax / 2, tasksMax / 2);
        Set(ResourceKind.MessageQueues, MessageQueuesDefault, MessageQueuesDefault);
        Set(ResourceKind.Nice, 0, 0);
        Set(ResourceKind.RealtimePriority, 0, 0);
    }

    /// <summary>The limit that counts now.</summary>
    public readonly ulong Soft(ResourceKind kind) => this[(int)kind].Soft;

    /// <summary>Checks a wish to change a limit.</summary>
    /// <returns>EINVAL, EPERM or none.</returns>
    public readonly Errno CheckChange(ResourceKind kind, in ResourceLimit wanted, in Credentials who)
    {
        if (wanted.Soft > wanted.Hard)
            return Errno.EINVAL;
        if (kind == ResourceKind.OpenFiles && wanted.Hard > FileTable.CountMax)
            return Errno.EPERM;
        return wanted.Hard > this[(int)kind].Hard && !who.IsPrivileged ? Errno.EPERM : Errno.None;
    }

    private void Set(ResourceKind kind, ulong soft, ulong hard) => this[(int)kind] = new ResourceLimit { Soft = soft, Hard = hard };
}

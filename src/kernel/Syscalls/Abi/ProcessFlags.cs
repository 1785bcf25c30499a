// Flags of system calls about processes.
//
// Source: Linux UAPI, linux/sched.h (CLONE_*), linux/wait.h, linux/resource.h, linux/auxvec.h, linux/futex.h, asm/prctl.h.
using System;

namespace Commence.Abi;

/// <summary>What a new task shares with its maker, and what is done for it.</summary>
[Flags]
public enum CloneFlags : ulong
{
    None = 0,
    SignalMask = 0xFF,
    CLONE_VM = 0x100,
    CLONE_FS = 0x200,
    CLONE_FILES = 0x400,
    CLONE_SIGHAND = 0x800,
    CLONE_PIDFD = 0x1000,
    CLONE_PTRACE = 0x2000,
    CLONE_VFORK = 0x4000,
    CLONE_PARENT = 0x8000,
    CLONE_THREAD = 0x1_0000,
    CLONE_NEWNS = 0x2_0000,
    CLONE_SYSVSEM = 0x4_0000,
    CLONE_SETTLS = 0x8_0000,
    CLONE_PARENT_SETTID = 0x10_0000,
    CLONE_CHILD_CLEARTID = 0x20_0000,
    CLONE_DETACHED = 0x40_0000,
    CLONE_UNTRACED = 0x80_0000,
    CLONE_CHILD_SETTID = 0x100_0000,
    CLONE_NEWCGROUP = 0x200_0000,
    CLONE_NEWUTS = 0x400_0000,
    CLONE_NEWIPC = 0x800_0000,
    CLONE_NEWUSER = 0x1000_0000,
    CLONE_NEWPID = 0x2000_0000,
    CLONE_NEWNET = 0x4000_0000,
    CLONE_IO = 0x8000_0000,
    CLONE_CLEAR_SIGHAND = 0x1_0000_0000,
    CLONE_INTO_CGROUP = 0x2_0000_0000,
}

/// <summary>What <c>wait4</c> and <c>waitid</c> wait for.</summary>
[Flags]
public enum WaitOptions : uint
{
    None = 0,
    WNOHANG = 1,
    WUNTRACED = 2,
    WSTOPPED = 2,
    WEXITED = 4,
    WCONTINUED = 8,
    WNOWAIT = 0x0100_0000,
    __WNOTHREAD = 0x2000_0000,
    __WALL = 0x4000_0000,
    __WCLONE = 0x8000_0000,
}

/// <summary>Whom <c>waitid</c> waits for.</summary>
public enum WaitIdType
{
    All = 0,
    Process = 1,
    ProcessGroup = 2,
    PidDescriptor = 3,
}

/// <summary>Limits of <c>prlimit64</c>, by number.</summary>
public enum ResourceKind
{
    CpuTime = 0,
    FileSize = 1,
    Data = 2,
    Stack = 3,
    Core = 4,
    ResidentSet = 5,
    Processes = 6,
    OpenFiles = 7,
    LockedMemory = 8,
    AddressSpace = 9,
    FileLocks = 10,
    PendingSignals = 11,
    MessageQueues = 12,
    Nice = 13,
    RealtimePriority = 14,
    RealtimeTime = 15,
}

/// <summary>Entries of the auxiliary vector that a program finds above its environment.</summary>
public enum AuxiliaryType : ulong
{
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_FLAGS = 8,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_PLATFORM = 15,
    AT_HWCAP = 16,
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_HWCAP2 = 26,
    AT_EXECFN = 31,
    AT_SYSINFO_EHDR = 33,
    AT_MINSIGSTKSZ = 51,
}

/// <summary>Operations of <c>futex</c>.</summary>
public enum FutexOperation
{
    Wait = 0,
    Wake = 1,
    Descriptor = 2,
    Requeue = 3,
    CompareRequeue = 4,
    WakeOperation = 5,
    LockPi = 6,
    UnlockPi = 7,
    TryLockPi = 8,
    WaitBitset = 9,
    WakeBitset = 10,
    WaitRequeuePi = 11,
    CompareRequeuePi = 12,
    LockPi2 = 13,
    CommandMask = 0x7F,
    PrivateFlag = 0x80,
    ClockRealtimeFlag = 0x100,
}

/// <summary>Bits of a robust or priority-inheriting futex word.</summary>
public static class FutexWord
{
    public const uint Waiters = 0x8000_0000;
    public const uint OwnerDied = 0x4000_0000;
    public const uint TidMask = 0x3FFF_FFFF;
}

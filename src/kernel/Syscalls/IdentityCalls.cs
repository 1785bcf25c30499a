// Users and groups of the calling thread.
//
// Source: credentials(7), setuid(2), setresuid(2), setfsuid(2), setgroups(2). A C library carries changes over to all threads.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Memory;
using Commence.Processes;

namespace Commence.Syscalls;

/// <summary>System calls on identities.</summary>
internal static class IdentityCalls
{
    private const uint Keep = uint.MaxValue;

    private static ref Credentials Self => ref UserThread.Current.Credentials;

    [Syscall("getuid", x64: 102, arm64: 174)]
    internal static uint GetUser() => Self.UserId;

    [Syscall("geteuid", x64: 107, arm64: 175)]
    internal static uint GetEffectiveUser() => Self.EffectiveUserId;

    [Syscall("getgid", x64: 104, arm64: 176)]
    internal static uint GetGroup() => Self.GroupId;

    [Syscall("getegid", x64: 108, arm64: 177)]
    internal static uint GetEffectiveGroup() => Self.EffectiveGroupId;

    [Syscall("getresuid", x64: 118, arm64: 148)]
    internal static Errno GetUsers(UserPtr<uint> real, UserPtr<uint> effective, UserPtr<uint> saved) =>
        real.TryWrite(Self.UserId) && effective.TryWrite(Self.EffectiveUserId) && saved.TryWrite(Self.SavedUserId) ? Errno.None : Errno.EFAULT;

    [Syscall("getresgid", x64: 120, arm64: 150)]
    internal static Errno GetGroups(UserPtr<uint> real, UserPtr<uint> effective, UserPtr<uint> saved) =>
        real.TryWrite(Self.GroupId) && effective.TryWrite(Self.EffectiveGroupId) && saved.TryWrite(Self.SavedGroupId) ? Errno.None : Errno.EFAULT;

    [Syscall("setuid", x64: 105, arm64: 146)]
    internal static Errno SetUser(uint id)
    {
        if (id == Keep)
            return Errno.EINVAL;
        if (Self.IsPrivileged)
            return SetUsers(id, id, id);
        return id == Self.UserId || id == Self.SavedUserId ? SetUsers(Keep, id, Keep) : Errno.EPERM;
    }

    [Syscall("setgid", x64: 106, arm64: 144)]
    internal static Errno SetGroup(uint id)
    {
        if (id == Keep)
            return Errno.EINVAL;
        if (Self.IsPrivileged)
            return SetGroups(id, id, id);
        return id == Self.GroupId || id == Self.SavedGroupId ? SetGroups(Keep, id, Keep) : Errno.EPERM;
    }

    [Syscall("setreuid", x64: 113, arm64: 145)]
    internal static Errno SetRealAndEffectiveUser(uint real, uint effective)
    {
        // The saved one follows when the real one is set, or the effective one gets another value than the real one.
        bool changesSaved = real != Keep || (effective != Keep && effective != Self.UserId);
        uint saved = !changesSaved ? Keep : effective == Keep ? Self.EffectiveUserId : effective;
        if (!Self.IsPrivileged)
        {
            bool isRealKnown = real == Keep || real == Self.UserId || real == Self.EffectiveUserId;
            bool isEffectiveKnown = effective == Keep || IsOwnUser(effective);
            return isRealKnown && isEffectiveKnown ? Assign(real, effective, saved) : Errno.EPERM;
        }

        return Assign(real, effective, saved);
    }

    [Syscall("setregid", x64: 114, arm64: 143)]
    internal static Errno SetRealAndEffectiveGroup(uint real, uint effective)
    {
        bool changesSaved = real != Keep || (effective != Keep && effective != Self.GroupId);
        uint saved = !changesSaved ? Keep : effective == Keep ? Self.EffectiveGroupId : effective;
        if (!Self.IsPrivileged)
        {
            bool isRealKnown = real == Keep || real == Self.GroupId || real == Self.EffectiveGroupId;
            bool isEffectiveKnown = effective == Keep || IsOwnGroup(effective);
            return isRealKnown && isEffectiveKnown ? AssignGroups(real, effective, saved) : Errno.EPERM;
        }

        return AssignGroups(real, effective, saved);
    }

    [Syscall("setresuid", x64: 117, arm64: 147)]
    internal static Errno SetUsers(uint real, uint effective, uint saved)
    {
        bool isAllowed = Self.IsPrivileged || (IsOwnUser(real) && IsOwnUser(effective) && IsOwnUser(saved));
        return isAllowed ? Assign(real, effective, saved) : Errno.EPERM;
    }

    [Syscall("setresgid", x64: 119, arm64: 149)]
    internal static Errno SetGroups(uint real, uint effective, uint saved)
    {
        bool isAllowed = Self.IsPrivileged || (IsOwnGroup(real) && IsOwnGroup(effective) && IsOwnGroup(saved));
        return isAllowed ? AssignGroups(real, effective, saved) : Errno.EPERM;
    }

    [Syscall("setfsuid", x64: 122, arm64: 151)]
    internal static uint SetFileUser(uint id)
    {
        uint before = Self.FileUserId;
        if (id != Keep && (Self.IsPrivileged || IsOwnUser(id) || id == before))
            Self.FileUserId = id;
        return before;
    }

    [Syscall("setfsgid", x64: 123, arm64: 152)]
    internal static uint SetFileGroup(uint id)
    {
        uint before = Self.FileGroupId;
        if (id != Keep && (Self.IsPrivileged || IsOwnGroup(id) || id == before))
            Self.FileGroupId = id;
        return before;
    }

    [Syscall("getgroups", x64: 115, arm64: 158)]
    internal static Result<int> GetSupplementary(int size, UserPtr<uint> list)
    {
        int count = Self.GroupCount;
        if (size < 0 || (size != 0 && size < count))
            return Errno.EINVAL;

        for (int i = 0; size != 0 && i < count; i++)
        {
            if (!list.TryWrite((ulong)i, Self.Groups[i]))
                return Errno.EFAULT;
        }

        return count;
    }

    [Syscall("setgroups", x64: 116, arm64: 159)]
    internal static Errno SetSupplementary(int count, UserPtr<uint> list)
    {
        if (!Self.IsPrivileged)
            return Errno.EPERM;
        if (count is < 0 or > Credentials.GroupCountMax)
            return Errno.EINVAL;

        Credentials.GroupList groups = default;
        for (int i = 0; i < count; i++)
        {
            if (!list.TryRead((ulong)i, out groups[i]))
                return Errno.EFAULT;
        }

        Self.Groups = groups;
        Self.GroupCount = count;
        return Errno.None;
    }

    private static bool IsOwnUser(uint id) =>
        id == Keep || id == Self.UserId || id == Self.EffectiveUserId || id == Self.SavedUserId;

    private static bool IsOwnGroup(uint id) =>
        id == Keep || id == Self.GroupId || id == Self.EffectiveGroupId || id == Self.SavedGroupId;

    private static Errno Assign(uint real, uint effective, uint saved)
    {
        ref Credentials self = ref Self;
        if (real != Keep && real != self.UserId && !UserThread.Current.TryMoveTo(real))
            return Errno.EAGAIN;

        if (real != Keep)
            self.UserId = real;
        if (saved != Keep)
            self.SavedUserId = saved;
        if (effective != Keep)
            self.EffectiveUserId = effective;
        self.FileUserId = self.EffectiveUserId;
        return Errno.None;
    }

    private static Errno AssignGroups(uint real, uint effective, uint saved)
    {
        ref Credentials self = ref Self;
        if (real != Keep)
            self.GroupId = real;
        if (saved != Keep)
            self.SavedGroupId = saved;
        if (effective != Keep)
            self.EffectiveGroupId = effective;
        self.FileGroupId = self.EffectiveGroupId;
        return Errno.None;
    }
}

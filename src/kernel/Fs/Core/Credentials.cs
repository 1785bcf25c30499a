// Who a thread acts as. The one privilege here is that of user 0, which stands for all of Linux's capabilities.
using System.Runtime.CompilerServices;

namespace Commence.Fs;

/// <summary>Users and groups of a thread (Linux: <c>struct cred</c>).</summary>
/// <remarks>A value: each thread has its own, and only the thread itself changes it. Supplementary groups are bounded.</remarks>
public struct Credentials
{
    /// <summary>Supplementary groups that a thread can have here; Linux allows 65536.</summary>
    public const int GroupCountMax = 32;

    public uint UserId;
    public uint GroupId;
    public uint EffectiveUserId;
    public uint EffectiveGroupId;
    public uint SavedUserId;
    public uint SavedGroupId;
    public uint FileUserId;
    public uint FileGroupId;
    public int GroupCount;
    public GroupList Groups;

    [InlineArray(GroupCountMax)]
    public struct GroupList
    {
        private uint _first;
    }

    /// <summary>May do what Linux guards by a capability.</summary>
    public readonly bool IsPrivileged => EffectiveUserId == 0;

    /// <summary>Overrides file permissions (<c>CAP_DAC_OVERRIDE</c>, <c>CAP_FOWNER</c>, …).</summary>
    public readonly bool IsFilePrivileged => FileUserId == 0;

    /// <summary>Belongs to a group for the purpose of file access.</summary>
    public readonly bool IsMember(uint groupId)
    {
        if (FileGroupId == groupId)
            return true;

        for (int i = 0; i < GroupCount; i++)
        {
            if (Groups[i] == groupId)
                return true;
        }

        return false;
    }
}

// A program that is ready to run and does not run yet.
using System;
using Commence.Abi;
using Commence.Fs;
using Commence.Mm;
using Commence.Sched;

namespace Commence.Processes;

/// <summary>What execve has made, until it is committed.</summary>
internal struct NewProgram
{
    internal File? File;
    internal AddressSpace? Memory;
    internal UserAddr Start;
    internal UserAddr StackPointer;
    internal ArgumentArea Arguments;
    internal TaskName Name;
    internal Credentials Credentials;

    /// <summary>Frees what was made.</summary>
    internal void Free()
    {
        File?.Put();
        Memory?.PutReference();
        this = default;
    }

    /// <summary>The short name: what follows the last slash.</summary>
    internal void SetName(ReadOnlySpan<byte> path) => Name.Set(path[(path.LastIndexOf((byte)'/') + 1)..]);

    /// <summary>Who it runs as: set-user-id and set-group-id programs change that.</summary>
    /// <remarks>Source: execve(2), "Effect on process attributes"; credentials(7).</remarks>
    internal void ChooseIdentity(UserThread caller, out ProgramIdentity identity)
    {
        Credentials = caller.Credentials;
        Inode inode = File!.Inode!;
        bool honours = (File.Path.Mount.Flags & MountFlags.NoSetUserId) == 0 && !caller.Process.HasNoNewPrivileges;
        if (honours && (inode.Mode & FileMode.SetUserId) != 0)
            Credentials.EffectiveUserId = inode.UserId;
        if (honours && (inode.Mode & FileMode.SetGroupId) != 0 && (inode.Mode & FileMode.GroupExecute) != 0)
            Credentials.EffectiveGroupId = inode.GroupId;

        Credentials.SavedUserId = Credentials.FileUserId = Credentials.EffectiveUserId;
        Credentials.SavedGroupId = Credentials.FileGroupId = Credentials.EffectiveGroupId;
        identity = new ProgramIdentity
        {
            UserId = Credentials.UserId,
            EffectiveUserId = Credentials.EffectiveUserId,
            GroupId = Credentials.GroupId,
            EffectiveGroupId = Credentials.EffectiveGroupId,
            IsSecure = Credentials.UserId != Credentials.EffectiveUserId || Credentials.GroupId != Credentials.EffectiveGroupId,
        };
    }
}

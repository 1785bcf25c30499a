// Names of the system: uname.
//
// Programs decide by the first word and by the release what they may expect, so these are Linux's; the rest says what it is.
using System;
using System.Runtime.CompilerServices;
using Commence.Abi;
using Commence.Init;
using Commence.Lib;
using Commence.Locking;

namespace Commence.Syscalls;

/// <summary>What <c>uname</c> answers.</summary>
public static class SystemNames
{
    private static SpinLock s_lock;
    private static UtsField s_host;
    private static UtsField s_domain;
    private static bool s_hasHost;
    private static bool s_hasDomain;

    /// <summary>The release: the Linux version whose user ABI this is, and this kernel's name.</summary>
    public static ReadOnlySpan<byte> Release => "6.12.0-commence"u8;

    /// <summary>Reads all names.</summary>
    internal static void Read(out UtsName names)
    {
        names = default;
        names.System.Set("Linux"u8);
        names.Release.Set(Release);
        names.Machine.Set(UserAbi.MachineName);
        Span<byte> version = stackalloc byte[UtsField.SizeBytes];
        TextWriter text = new(version);
        FormatVersion(ref text);
        names.Version.Set(text.Text);
        using SpinLock.Guard guard = s_lock.Lock();
        names.Node.Set(s_hasHost ? TextOf(in s_host) : "(none)"u8);
        names.Domain.Set(s_hasDomain ? TextOf(in s_domain) : "(none)"u8);
    }

    /// <summary>Writes the version: <c>#1 SMP Commence 0.1.0</c>.</summary>
    public static void FormatVersion(ref TextWriter text) => text.Append($"#1 SMP Commence {Banner.Version}");

    /// <summary>Sets the name of the machine, or of its domain.</summary>
    internal static void Set(ReadOnlySpan<byte> name, bool isDomain)
    {
        using SpinLock.Guard guard = s_lock.Lock();
        if (isDomain)
        {
            s_domain.Set(name);
            s_hasDomain = true;
        }
        else
        {
            s_host.Set(name);
            s_hasHost = true;
        }
    }

    private static ReadOnlySpan<byte> TextOf(in UtsField field)
    {
        ReadOnlySpan<byte> bytes = field;
        return bytes[..bytes.IndexOf((byte)0)];
    }
}

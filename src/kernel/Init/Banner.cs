// The first line of the log.
using System;
using Commence.Debug;

namespace Commence.Init;

/// <summary>Names and versions of this kernel.</summary>
public static class Banner
{
    /// <summary>The version of the kernel; a test compares it with that of the repository.</summary>
    public static ReadOnlySpan<byte> Version => "0.1.0"u8;

    /// <summary>Says who is here.</summary>
    public static void Print()
    {
        Printk.Notice($"Commence {Version} (x64): a multiprocessor kernel in C#");
        Record record = new("hello"u8);
        record.Add("version"u8, Version);
        record.Add("arch"u8, "x64"u8);
        record.SendFirst();
    }
}

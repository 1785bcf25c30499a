// The root file system that a machine gets when nobody gives another: busybox and what a shell expects around it.
using System;
using System.Diagnostics;
using System.IO;

namespace Commence.Machine.Initramfs;

/// <summary>Makes the default root file system.</summary>
public static class DefaultRootfs
{
    /// <summary>Where the host has its static busybox, and where the machine gets it.</summary>
    public const string BusyboxPath = "/bin/busybox";

    // Where a bare program name is looked for, inside the machine.
    private static readonly string[] s_searchPath = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"];

    /// <summary>Makes it from the host's busybox.</summary>
    /// <remarks>Fails: throws <see cref="IOException"/> if busybox is missing or does not run.</remarks>
    public static InitramfsBuilder Build()
    {
        InitramfsBuilder files = new();
        foreach (string directory in (string[])["/dev", "/etc", "/proc", "/root", "/run", "/sys", "/usr", "/var"])
            files.AddDirectory(directory);
        files.AddDirectory("/tmp", UnixMode.Sticky | UnixMode.EveryMode);
        files.AddCharacterDevice("/dev/console", 5, 1);
        files.AddCharacterDevice("/dev/null", 1, 3);
        files.AddText("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        files.AddText("/etc/group", "root:x:0:\n");
        files.AddText("/etc/hostname", "commence\n");
        files.AddText("/etc/profile", "export PATH=/bin:/sbin:/usr/bin:/usr/sbin\n");
        files.AddHostFile(BusyboxPath, BusyboxPath);
        foreach (string applet in ListApplets())
        {
            if (applet != BusyboxPath)
                files.AddSymbolicLink(applet, BusyboxPath);
        }
        return files;
    }

    /// <summary>Finds a program that is named without a directory.</summary>
    /// <returns>Its path inside the machine, or null.</returns>
    public static string? FindProgram(InitramfsBuilder files, string name)
    {
        foreach (string directory in s_searchPath)
        {
            if (files.Contains($"{directory}/{name}"))
                return $"{directory}/{name}";
        }
        return null;
    }

    // busybox --list-full: one applet in a line, with the directory it belongs in, without the leading slash.
    private static string[] ListApplets()
    {
        ProcessStartInfo start = new(BusyboxPath, ["--list-full"]) { RedirectStandardOutput = true };
        try
        {
            using Process busybox = Process.Start(start)!;
            string output = busybox.StandardOutput.ReadToEnd();
            busybox.WaitForExit();
            if (busybox.ExitCode != 0)
                throw new IOException($"{BusyboxPath} --list-full ended with status {busybox.ExitCode}");
            return Array.ConvertAll(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), static applet => "/" + applet);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new IOException($"{BusyboxPath} does not run: {error.Message}");
        }
    }
}

// All that /proc shows of the system: the list, one line for each.
namespace Commence.Fs;

/// <summary>Fills /proc.</summary>
internal static class SystemEntries
{
    internal static void AddTo(ProcFolder root)
    {
        root.Add(new SelfLink());
        root.Add(new ThreadSelfLink());
        root.Add(new MountsLink());
        root.Add(new BootConfigFile());
        root.Add(new BuddyInfo());
        root.Add(new CommandLineFile());
        root.Add(new CpuInfoFile());
        root.Add(new DevicesFile());
        root.Add(new FileSystemsFile());
        root.Add(new InterruptsFile());
        root.Add(new LoadAverageFile());
        root.Add(new MemoryInfo());
        root.Add(new PartitionsFile());
        root.Add(new SlabInfo());
        root.Add(new StatFile());
        root.Add(new SwapsFile());
        root.Add(new UptimeFile());
        root.Add(new VersionFile());
        AddSettings(NamedFolder.AddTo(root, "sys"u8));
    }

    private static void AddSettings(ProcFolder settings)
    {
        ProcFolder files = NamedFolder.AddTo(settings, "fs"u8);
        files.Add(new Setting(SettingKind.OpenFilesMax));

        ProcFolder kernel = NamedFolder.AddTo(settings, "kernel"u8);
        kernel.Add(new Setting(SettingKind.DomainName));
        kernel.Add(new Setting(SettingKind.HostName));
        HungTaskSetting.AddTo(kernel);
        kernel.Add(new Setting(SettingKind.GroupsMax));
        kernel.Add(new Setting(SettingKind.OsRelease));
        kernel.Add(new Setting(SettingKind.OsType));
        kernel.Add(new Setting(SettingKind.NumberMax));
        kernel.Add(new Setting(SettingKind.ThreadsMax));
        kernel.Add(new Setting(SettingKind.Version));
        ProcFolder random = NamedFolder.AddTo(kernel, "random"u8);
        random.Add(new Setting(SettingKind.BootId));
        random.Add(new Setting(SettingKind.Uuid));

        ProcFolder memory = NamedFolder.AddTo(settings, "vm"u8);
        memory.Add(new Setting(SettingKind.AreasMax));
        memory.Add(new Setting(SettingKind.OvercommitMemory));
    }
}

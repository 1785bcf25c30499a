// All that /proc shows of a process and of a thread: the list, one line for each.
namespace Commence.Fs;

/// <summary>Makes the folders /proc/PID and /proc/PID/task/TID.</summary>
internal static class TaskEntries
{
    /// <summary>The folder of a process.</summary>
    internal static ProcFolder MakeProcessFolder()
    {
        ProcFolder folder = new NamedFolder();
        AddCommon(folder);
        ProcFolder thread = new NamedFolder();
        AddCommon(thread);
        folder.Add(new ThreadsFolder(thread));
        return folder;
    }

    private static void AddCommon(ProcFolder folder)
    {
        folder.Add(new CommandArguments());
        folder.Add(new CommandName());
        folder.Add(new PlaceLink(PlaceKind.CurrentDirectory));
        folder.Add(new EnvironmentFile());
        folder.Add(new PlaceLink(PlaceKind.Program));
        folder.Add(new DescriptorsFolder(isInformation: false));
        folder.Add(new DescriptorsFolder(isInformation: true));
        folder.Add(new LimitsFile());
        folder.Add(new MapsFile());
        folder.Add(new MountInfoFile());
        folder.Add(new MountsFile());
        folder.Add(new PlaceLink(PlaceKind.Root));
        folder.Add(new TaskStat());
        folder.Add(new MemorySizes());
        folder.Add(new TaskStatus());
    }
}

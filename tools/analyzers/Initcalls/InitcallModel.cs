// An initcall and what it waits for, from source or from another assembly's record of it.
using System.Collections.Generic;
using System.Linq;

namespace Commence.Analyzers.Initcalls;

/// <summary>How a dependency names its target.</summary>
internal enum TargetKind
{
    /// <summary>All initcalls of a type.</summary>
    Type,

    /// <summary>One method of a type.</summary>
    Method,

    /// <summary>An initcall by name; its assembly may be above this one.</summary>
    Name,
}

/// <summary>One dependency as it was written. For <see cref="TargetKind.Name"/>, <paramref name="Type"/> is empty.</summary>
internal sealed record Edge(bool IsBefore, TargetKind Kind, string Type, string Name, bool IsOptional)
{
    /// <summary>What people read: "Ramfs", "Ramfs.Register".</summary>
    public string Shown => Kind == TargetKind.Type ? Type : Kind == TargetKind.Method ? $"{Type}.{Name}" : Name;

    public bool IsTarget(InitcallModel call) => Kind switch
    {
        TargetKind.Type => call.Type == Type,
        TargetKind.Method => call.Type == Type && call.Method == Name,
        _ => call.Name == Name,
    };

    // The notation in records: kind, direction, optional, type and name, separated by ':'; no name contains one.
    public string Encode() => $"{(int)Kind}:{(IsBefore ? 1 : 0)}:{(IsOptional ? 1 : 0)}:{Type}:{Name}";

    public static Edge Decode(string text)
    {
        string[] parts = text.Split(':');
        return new Edge(parts[1] == "1", (TargetKind)int.Parse(parts[0]), parts[3], parts[4], parts[2] == "1");
    }

    public static string EncodeAll(IEnumerable<Edge> edges) => string.Join(";", edges.Select(static edge => edge.Encode()));

    public static EquatableArray<Edge> DecodeAll(string text) =>
        new(text.Split(';').Where(static part => part.Length > 0).Select(Decode));
}

/// <summary>An initcall.</summary>
/// <param name="Name">"Type.Method".</param>
/// <param name="Type">The full name of the type.</param>
/// <param name="Thunk">The public method by which the image reaches it, in full; empty for one of this assembly until it is named.</param>
/// <param name="Body">The C# expression or statement of the thunk; empty for one of another assembly.</param>
/// <param name="Place">Where it stands; null for one of another assembly.</param>
/// <param name="Part">The optional part that it starts; empty if it belongs to none.</param>
internal sealed record InitcallModel(
    int Level, string Name, string Type, string Method, string Thunk, string Body, EquatableArray<Edge> Edges, Place? Place, string Part = "")
{
    public string Shown => $"{Name} ({Levels.Shown(Level)})";
}

/// <summary>What reading one marked method gave.</summary>
internal sealed record InitcallReading(InitcallModel? Call, Finding? Finding);

/// <summary>The names of the levels, in the order of <c>Commence.InitcallLevel</c> (a test compares them).</summary>
internal static class Levels
{
    public static readonly string[] Names =
    [
        "Early", "EarlySync", "Pure", "PureSync", "Core", "CoreSync", "Postcore", "PostcoreSync", "Arch", "ArchSync",
        "Subsys", "SubsysSync", "Fs", "FsSync", "Rootfs", "RootfsSync", "Device", "DeviceSync", "Late", "LateSync",
    ];

    /// <summary>As Linux writes it: "core", "core_sync".</summary>
    public static string Shown(int level) => Names[level].Replace("Sync", "_sync").ToLowerInvariant();
}

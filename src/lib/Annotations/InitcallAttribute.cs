// Marks a part's start-up function; the order in which all of them run is computed when the kernel is built.
//
// Beyond Linux's eleven link-time levels (do_initcalls): within a level the order is given by named dependencies,
// not by the order of object files, so what may run at the same time is known, and a contradiction does not build.
using System;

namespace Commence;

/// <summary>The stages of start-up, in order; each ends before the next begins (Linux: <c>early_initcall</c> … <c>late_initcall</c>).</summary>
/// <remarks>Each level has a barrier of its own, <c>…Sync</c>: what must see the whole level done and yet precede the next one.</remarks>
public enum InitcallLevel
{
    Early,
    EarlySync,
    Pure,
    PureSync,
    Core,
    CoreSync,
    Postcore,
    PostcoreSync,
    Arch,
    ArchSync,
    Subsys,
    SubsysSync,
    Fs,
    FsSync,
    Rootfs,
    RootfsSync,
    Device,
    DeviceSync,
    Late,
    LateSync,
}

/// <summary>Makes a static method (<c>void</c> or <c>Errno</c>, no parameters) run once at start-up, at the given level.</summary>
/// <remarks>
/// <code>[Initcall(InitcallLevel.Fs, After = [typeof(PageCache)])]
/// internal static Errno Start()</code>
/// Rules and errors: docs/kernel-rules.md, CMN0201 to CMN0208.
/// </remarks>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class InitcallAttribute : Attribute
{
    /// <summary>Names the level at which the method runs.</summary>
    public InitcallAttribute(InitcallLevel level) => Level = level;

    /// <summary>The level at which the method runs.</summary>
    public InitcallLevel Level { get; }

    /// <summary>Types all of whose initcalls must have ended before this one starts.</summary>
    public Type[]? After { get; set; }

    /// <summary>Types none of whose initcalls may start before this one has ended.</summary>
    public Type[]? Before { get; set; }

    /// <summary>The optional part of the kernel that it starts; a build can leave that out (<c>CommenceWithout</c>).</summary>
    public string? Part { get; set; }
}

/// <summary>One dependency of an initcall on one other, where naming its whole type (<see cref="InitcallAttribute.After"/>) says too much.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false, AllowMultiple = true)]
public sealed class RunsAfterAttribute : Attribute
{
    /// <summary>Depends on one initcall of a type: <c>[RunsAfter(typeof(Ramfs), nameof(Ramfs.Register))]</c>.</summary>
    public RunsAfterAttribute(Type type, string method)
    {
        Type = type;
        Name = method;
    }

    /// <summary>Depends on an initcall by its name, "Type.Method": the way to name one of a layer above, or one that may be left out.</summary>
    public RunsAfterAttribute(string name) => Name = name;

    /// <summary>The type that has the other initcall, if given.</summary>
    public Type? Type { get; }

    /// <summary>The method's name, or the initcall's if no type is given.</summary>
    public string Name { get; }

    /// <summary>Whether the kernel may be built without the other part; if so the dependency then means nothing.</summary>
    public bool IsOptional { get; set; }
}

/// <summary>Marks the assembly that names all parts (the image): the table of all initcalls is generated there.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class CompositionRootAttribute : Attribute
{
}

/// <summary>What one assembly tells the next about one of its initcalls. Generated; not to be written by hand.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class InitcallRecordAttribute : Attribute
{
    /// <summary>Records one initcall.</summary>
    public InitcallRecordAttribute(InitcallLevel level, string name, string type, string thunk, string edges, string part)
    {
        Level = level;
        Name = name;
        Type = type;
        Thunk = thunk;
        Edges = edges;
        Part = part;
    }

    /// <summary>The level.</summary>
    public InitcallLevel Level { get; }

    /// <summary>The name, "Type.Method".</summary>
    public string Name { get; }

    /// <summary>The full name of the type.</summary>
    public string Type { get; }

    /// <summary>The public method through which the image reaches it.</summary>
    public string Thunk { get; }

    /// <summary>Its dependencies, in the generator's own notation.</summary>
    public string Edges { get; }

    /// <summary>The optional part that it belongs to; empty if it belongs to none.</summary>
    public string Part { get; }
}

/// <summary>What the composition root tells tools about one initcall, in the order of the table. Generated; not to be written by hand.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class InitcallPlaceAttribute : Attribute
{
    /// <summary>Describes one initcall.</summary>
    public InitcallPlaceAttribute(string level, string name, string part, string after)
    {
        Level = level;
        Name = name;
        Part = part;
        After = after;
    }

    /// <summary>The level, as Linux writes it: "core_sync".</summary>
    public string Level { get; }

    /// <summary>The name, "Type.Method".</summary>
    public string Name { get; }

    /// <summary>The optional part that it belongs to; empty if it belongs to none.</summary>
    public string Part { get; }

    /// <summary>The initcalls that it waits for, those of earlier levels included, separated by <c>;</c>.</summary>
    public string After { get; }
}

using System.Collections.Generic;

namespace Commence.Machine.Initcalls;

/// <summary>One initcall of a kernel, as its build recorded it.</summary>
/// <param name="Level">"fs", "core_sync" …</param>
/// <param name="Name">Type and method.</param>
/// <param name="Part">The optional part that it starts; empty if it belongs to none.</param>
/// <param name="After">The initcalls that it waits for.</param>
public sealed record InitcallEntry(string Level, string Name, string Part, IReadOnlyList<string> After);

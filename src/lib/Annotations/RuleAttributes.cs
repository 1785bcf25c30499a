// Marks that the analyzers of tools/analyzers read. Each rule, with its reason and an example: docs/kernel-rules.md.
using System;

namespace Commence;

/// <summary>Marks a ref struct whose Dispose gives something back (a lock, preemption, interrupts): it must stand in a <c>using</c>.</summary>
/// <remarks>A ref struct whose name ends in "Guard" is one without the mark.</remarks>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class GuardAttribute : Attribute
{
}

/// <summary>Marks a struct that is its own identity (a lock, a list head, a queue): a copy of it would be another, unrelated one.</summary>
/// <remarks>The structs of Commence.Locking that are not readonly are such without the mark, and so is a struct that contains one.</remarks>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class NoCopyAttribute : Attribute
{
}

/// <summary>Marks a result that the caller may not drop silently: on a method, or on the type of every such result.</summary>
/// <remarks>Where it does not matter: <c>_ = Call(); // why</c>.</remarks>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Class)]
public sealed class MustUseAttribute : Attribute
{
}

// Marks what a kernel parameter sets; the parser's table is generated from these marks when the kernel is built.
//
// So a parameter is described where it takes effect: its name, its range, its unit and what it does stand in one place, and the
// parser, `commence help-params` and docs/parameters.md follow from them.
using System;

namespace Commence;

/// <summary>Makes a static field, property or method settable from the kernel's command line (Linux: <c>early_param</c>,
/// <c>__setup</c>, <c>module_param</c>).</summary>
/// <remarks>
/// <code>[KernelParameter("nr_cpus", Min = 1, Max = 1024, Early = true, Help = "processors that may exist at all")]
/// internal static int PossibleMax = Limits.CpuCountMax;</code>
/// What it stands on decides how the value is written: <c>bool</c>, an integer, an enum by the names of its members, a struct that
/// is an <see cref="IKernelParameterValue"/>, or a method that takes the text and says whether it makes sense.
/// Rules and errors: docs/kernel-rules.md, CMN0701 to CMN0707.
/// </remarks>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property | AttributeTargets.Method, Inherited = false, AllowMultiple = true)]
public sealed class KernelParameterAttribute : Attribute
{
    /// <summary>Names the parameter: Linux's name where Linux has it; <c>part.name</c> for one that only a part of the kernel knows.</summary>
    public KernelParameterAttribute(string name) => Name = name;

    /// <summary>The name, written with underscores; on the command line dashes mean the same.</summary>
    public string Name { get; }

    /// <summary>What it does, in one line.</summary>
    public string? Help { get; set; }

    /// <summary>Applied before there is memory; otherwise once <c>new</c> works.</summary>
    public bool Early { get; set; }

    /// <summary>The smallest number that makes sense; the type's smallest if not given.</summary>
    public long Min { get; set; }

    /// <summary>The largest number that makes sense; the type's largest if not given.</summary>
    public long Max { get; set; }

    /// <summary>What the number counts: "seconds", "us".</summary>
    public string? Unit { get; set; }

    /// <summary>The number is an amount of memory and may have K, M, G or T behind it.</summary>
    public bool IsSize { get; set; }

    /// <summary>What the name alone sets; the parameter then takes no value. For a <c>bool</c>, 0 or 1.</summary>
    public long Value { get; set; }

    /// <summary>How the value is written, for what only a method can read: "nn[KMG]@ss[KMG]".</summary>
    public string? Syntax { get; set; }
}

/// <summary>A struct that reads a parameter's value itself.</summary>
public interface IKernelParameterValue
{
    /// <summary>Takes the value.</summary>
    /// <returns>False if it makes no sense; then nothing has changed.</returns>
    bool TrySet(ReadOnlySpan<byte> value);
}

/// <summary>What one assembly tells the next about one of its parameters. Generated; not to be written by hand.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class KernelParameterRecordAttribute : Attribute
{
    /// <summary>Records one parameter.</summary>
    public KernelParameterRecordAttribute(
        string name, bool isEarly, string kind, string values, string unit, string initial, string help, string source, string member, string thunk)
    {
        Name = name;
        IsEarly = isEarly;
        Kind = kind;
        Values = values;
        Unit = unit;
        Initial = initial;
        Help = help;
        Source = source;
        Member = member;
        Thunk = thunk;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>Applied before there is memory.</summary>
    public bool IsEarly { get; }

    /// <summary>"switch", "flag", "number", "size", "choice", "text" or "custom".</summary>
    public string Kind { get; }

    /// <summary>The values it takes, as people write them; empty for a switch.</summary>
    public string Values { get; }

    /// <summary>What a number counts.</summary>
    public string Unit { get; }

    /// <summary>What holds without it; empty if that cannot be said in a word.</summary>
    public string Initial { get; }

    /// <summary>What it does.</summary>
    public string Help { get; }

    /// <summary>The source file, from the root of the repository.</summary>
    public string Source { get; }

    /// <summary>"Type.Member".</summary>
    public string Member { get; }

    /// <summary>The public method that sets it.</summary>
    public string Thunk { get; }
}

// The table of kernel parameters as the kernel sees it. The kernel cannot name the table itself: that is made where all parts
// are known, above it, and handed down.
using System;

namespace Commence;

/// <summary>All parameters that the parts of a kernel declare, by name.</summary>
/// <remarks>Context: any; needs no memory.
/// Generated: <c>Commence.KernelParameterTable</c>, in the assembly marked <see cref="CompositionRootAttribute"/>.</remarks>
public abstract class KernelParameterSet
{
    /// <summary>How many there are.</summary>
    public abstract int Count { get; }

    /// <summary>The index of a parameter, or a negative number if no part of this kernel has it.</summary>
    /// <param name="name">Dashes and underscores are equal.</param>
    public abstract int Find(ReadOnlySpan<byte> name);

    /// <summary>The name of a parameter, in UTF-8.</summary>
    public abstract ReadOnlySpan<byte> Name(int index);

    /// <summary>Whether it is applied before there is memory.</summary>
    public abstract bool IsEarly(int index);

    /// <summary>Sets what a parameter stands for.</summary>
    /// <param name="value">What stands behind <c>=</c>.</param>
    /// <param name="hasValue">There is a <c>=</c>.</param>
    /// <returns>False if the value makes no sense; then nothing has changed.</returns>
    public abstract bool TrySet(int index, ReadOnlySpan<byte> value, bool hasValue);
}

// Marks a test that runs inside the machine; the table of all tests is generated from these marks.
using System;

namespace Commence;

/// <summary>Makes a static method without parameters and result a test that runs in the kernel.</summary>
/// <remarks>
/// The test passes when it returns and fails when it panics (<c>Bug.On</c>).
/// Generated: <c>Commence.Testing.KernelTestTable</c> with <c>Count</c>, <c>Name(index)</c>, <c>MinimumCpus(index)</c>, <c>Run(index)</c>.
/// Rules and errors: docs/kernel-rules.md, CMN0101 to CMN0103.
/// </remarks>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class KernelTestAttribute : Attribute
{
    /// <summary>The number of processors without which the test means nothing and is skipped.</summary>
    public int Cpus { get; set; } = 1;
}

// What can be wrong with a [KernelTest] method.
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.KernelTests;

internal static class KernelTestRules
{
    public static readonly DiagnosticDescriptor Shape = Rule.Error("CMN0101", "A kernel test is a plain static method",
        "Kernel test '{0}': the method must {1}");

    public static readonly DiagnosticDescriptor Cpus = Rule.Error("CMN0102", "A kernel test needs at least one processor",
        "Kernel test '{0}': Cpus = {1} is outside 1 to {2}");

    public static readonly DiagnosticDescriptor Duplicate = Rule.Error("CMN0103", "A kernel test has a name of its own",
        "Kernel test '{0}' stands in two classes of that name; results could not be told apart");
}

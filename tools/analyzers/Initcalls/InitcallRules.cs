// What can be wrong with initcalls, alone and together.
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.Initcalls;

internal static class InitcallRules
{
    public static readonly DiagnosticDescriptor Shape = Rule.Error("CMN0201", "An initcall is a plain static method",
        "Initcall '{0}': the method must {1}");

    public static readonly DiagnosticDescriptor Unknown = Rule.Error("CMN0202", "An initcall's dependency exists",
        "Initcall '{0}' needs '{1}', {2}");

    public static readonly DiagnosticDescriptor LaterLevel = Rule.Error("CMN0203", "An initcall depends on nothing that runs later",
        "Initcall '{0}' waits for a later level: {1}");

    public static readonly DiagnosticDescriptor Cycle = Rule.Error("CMN0204", "Initcalls do not wait for one another in a circle",
        "Initcalls wait for one another in a circle: {0}");

    public static readonly DiagnosticDescriptor Duplicate = Rule.Error("CMN0205", "An initcall has a name of its own",
        "Initcall '{0}' exists twice (in '{1}' and '{2}'); the log and initcall_blacklist= could not tell them apart");

    public static readonly DiagnosticDescriptor NoInitcall = Rule.Error("CMN0206", "RunsAfter stands on an initcall",
        "'{0}' has [RunsAfter] but no [Initcall]; the dependency means nothing");

    public static readonly DiagnosticDescriptor LeftOut = Rule.Error("CMN0207", "A part that others need is not left out",
        "Initcall '{0}' needs '{1}' of the part '{2}', which this build leaves out (CommenceWithout); leave out {3} as well, or let it do without: RunsAfter with IsOptional = true");

    public static readonly DiagnosticDescriptor NoPart = Rule.Error("CMN0208", "A part that is left out exists",
        "CommenceWithout names the part '{0}', which this kernel does not have; it has {1}");
}

// What can be wrong with kernel parameters, alone and together.
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers.KernelParameters;

internal static class KernelParameterRules
{
    public static readonly DiagnosticDescriptor Shape = Rule.Error("CMN0701", "A kernel parameter sets a static member",
        "Kernel parameter '{0}': '{1}' must {2}, because the generated table sets it by name");

    public static readonly DiagnosticDescriptor Type = Rule.Error("CMN0702", "A kernel parameter has a type that can be written as text",
        "Kernel parameter '{0}': nothing of type '{1}' can be read from a command line; use bool, an integer, an enum, a struct that is an IKernelParameterValue, or a method that takes the text");

    public static readonly DiagnosticDescriptor Name = Rule.Error("CMN0703", "A kernel parameter has a name that can be typed",
        "Kernel parameter '{0}': a name is made of small letters, digits, '_' and '.', and begins with a letter");

    public static readonly DiagnosticDescriptor Help = Rule.Error("CMN0704", "A kernel parameter says what it does",
        "Kernel parameter '{0}' has no Help, or one of several lines; help-params prints it");

    public static readonly DiagnosticDescriptor Range = Rule.Error("CMN0705", "A kernel parameter has a range that holds something",
        "Kernel parameter '{0}': {1}");

    public static readonly DiagnosticDescriptor Duplicate = Rule.Error("CMN0706", "A kernel parameter has a name of its own",
        "Kernel parameter '{0}' exists twice (in '{1}' and '{2}'); one of them would never be set");

    public static readonly DiagnosticDescriptor Option = Rule.Error("CMN0707", "A kernel parameter's options mean something",
        "Kernel parameter '{0}': {1}");
}

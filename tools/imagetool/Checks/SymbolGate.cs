// No symbol is left undefined, and none of the helpers exists that would let forbidden C# link.
using System;
using System.Collections.Generic;
using Commence.ImageTool.Elf;

namespace Commence.ImageTool.Checks;

/// <summary>IMG010 and IMG011.</summary>
internal static class SymbolGate
{
    // What compiled code calls for a construct: while the helper is missing, the construct does not link.
    private static readonly Dictionary<string, string> s_helpers = new(StringComparer.Ordinal)
    {
        ["RhpThrowEx"] = "`throw`", ["RhpRethrow"] = "`throw`", ["RhpThrowHwEx"] = "hardware exceptions as C# exceptions",
        ["RhpNewArrayFast"] = "an array made at run time (`new T[n]`)", ["RhpNewPtrArrayFast"] = "an array made at run time (`new T[n]`)",
        ["RhNewString"] = "a string made at run time", ["RhpNewFinalizable"] = "a class with a finalizer",
        ["RhpNewFinalizableAlign8"] = "a class with a finalizer",
        ["RhpPInvoke"] = "P/Invoke, or a call of `delegate* unmanaged`", ["RhpPInvokeReturn"] = "P/Invoke, or a call of `delegate* unmanaged`",
        ["RhpTrapThreads"] = "a call marked SuppressGCTransition", ["RhpGcPoll"] = "a call marked SuppressGCTransition",
        ["RhpStackProbe"] = "a stack frame of 4 KiB or more", ["RhpGetThreadStaticBaseForType"] = "[ThreadStatic]",
        ["__tls_get_addr"] = "[ThreadStatic]", ["RhpCallCatchFunclet"] = "`catch`", ["RhBoxAny"] = "boxing",
    };

    // Helpers that a kernel may well implement.
    private static readonly Dictionary<string, string> s_optionalHelpers = new(StringComparer.Ordinal)
    {
        ["RhpNewFast"] = "`new` of a class", ["RhpInitialDynamicInterfaceDispatch"] = "an interface call with four or more implementing types",
        ["RhpAssignRef"] = "storing a reference in an object", ["RhpCheckedAssignRef"] = "storing a reference", ["RhpByRefAssignRef"] = "copying a struct with references",
        ["__security_cookie"] = "`stackalloc` and unsafe buffers", ["RhpFallbackFailFast"] = "`stackalloc` and unsafe buffers",
        ["g_cpuFeatures"] = "an `IsSupported` of a processor feature that the instruction set does not settle",
    };

    /// <summary>What <paramref name="symbol"/> is for, in words, if it is a compiler's helper; else null.</summary>
    public static string? ConstructOf(string symbol) => s_helpers.GetValueOrDefault(symbol) ?? s_optionalHelpers.GetValueOrDefault(symbol);

    /// <summary>Checks the linked image.</summary>
    /// <param name="permitted">Helpers that this kernel does implement.</param>
    /// <param name="forbidden">More symbols that must not exist.</param>
    public static IEnumerable<Violation> Check(ElfImage image, IReadOnlySet<string> permitted, IReadOnlySet<string> forbidden)
    {
        foreach (ElfSymbol symbol in image.Symbols)
        {
            if (symbol.Name.Length == 0)
                continue;
            if (symbol.IsUndefined)
                yield return new Violation(Rule.Undefined, symbol.Name, $"the symbol {symbol.Name} is undefined{Purpose(symbol.Name)}");
            else if ((s_helpers.ContainsKey(symbol.Name) || forbidden.Contains(symbol.Name)) && !permitted.Contains(symbol.Name))
                yield return new Violation(Rule.Forbidden, symbol.Name, $"the image defines {symbol.Name}{Purpose(symbol.Name)}");
        }
    }

    private static string Purpose(string symbol) => ConstructOf(symbol) is { } construct ? $", which compiled code needs for {construct}" : "";
}

// A diagnostic that a generator has found, in a form that its caches can compare.
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers;

/// <summary>What is wrong, where, and the words to fill into the message.</summary>
internal sealed record Finding(DiagnosticDescriptor Rule, Place? Place, EquatableArray<string> Words)
{
    public Finding(DiagnosticDescriptor rule, Place? place, params string[] words)
        : this(rule, place, new EquatableArray<string>(words))
    {
    }

    public Diagnostic ToDiagnostic() =>
        Diagnostic.Create(Rule, Place?.ToLocation() ?? Location.None, Words.ToArray<object>());
}

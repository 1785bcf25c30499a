// Makes rule descriptors: all of ours are errors, enabled, and described in docs/kernel-rules.md.
using Microsoft.CodeAnalysis;

namespace Commence.Analyzers;

internal static class Rule
{
    public const string Category = "Commence";

    public static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, Category, DiagnosticSeverity.Error, isEnabledByDefault: true,
            helpLinkUri: "docs/kernel-rules.md#" + id.ToLowerInvariant());
}

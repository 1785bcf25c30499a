// Where something stands in the source, without holding on to the syntax tree (which would defeat the generators' caches).
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Commence.Analyzers;

/// <summary>A place in a source file; comparable, so that "file order" is defined.</summary>
internal sealed record Place(string Path, TextSpan Span, LinePositionSpan Lines)
{
    public static Place Of(ISymbol symbol) => Of(symbol.Locations[0]);

    public static Place Of(Location location) =>
        new(location.SourceTree?.FilePath ?? "", location.SourceSpan, location.GetLineSpan().Span);

    public Location ToLocation() => Location.Create(Path, Span, Lines);

    /// <summary>Orders by file name, then by position: the same on every machine.</summary>
    public static int Compare(Place a, Place b)
    {
        int byPath = string.CompareOrdinal(a.Path, b.Path);
        return byPath != 0 ? byPath : a.Span.Start.CompareTo(b.Span.Start);
    }
}

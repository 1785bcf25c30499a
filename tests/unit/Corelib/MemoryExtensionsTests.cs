using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using Ours = System.UnderTest.MemoryExtensions;

namespace Commence.Tests.Corelib;

public class MemoryExtensionsTests
{
    private static System.UnderTest.ReadOnlySpan<byte> Span(byte[] bytes) => new(bytes);

    // Short texts of few letters, so that they meet.
    private static readonly Gen<byte[]> s_texts = Gen.ArrayOf(Gen.Elements<byte>(0, 1, 2)).Select(x => x.Take(8).ToArray());

    [Fact]
    public void SearchesLikeTheBcl() =>
        Prop.ForAll(s_texts.Zip(s_texts).ToArbitrary(), pair =>
        {
            (byte[] text, byte[] part) = pair;
            byte value = (byte)(part.Length % 3);
            return Ours.SequenceEqual(Span(text), Span(part)) == text.AsSpan().SequenceEqual(part)
                && Ours.StartsWith(Span(text), Span(part)) == text.AsSpan().StartsWith(part)
                && Ours.EndsWith(Span(text), Span(part)) == text.AsSpan().EndsWith(part)
                && Ours.IndexOf(Span(text), value) == text.AsSpan().IndexOf(value)
                && Ours.IndexOf(Span(text), Span(part)) == text.AsSpan().IndexOf(part)
                && Ours.LastIndexOf(Span(text), value) == text.AsSpan().LastIndexOf(value)
                && Ours.Contains(Span(text), value) == text.AsSpan().Contains(value)
                && Math.Sign(Ours.SequenceCompareTo(Span(text), Span(part))) == Math.Sign(((ReadOnlySpan<byte>)text).SequenceCompareTo(part));
        }).Holds(2000);
}

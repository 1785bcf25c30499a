using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Corelib;

public class SpanTests
{
    // The same in both, an exception of any kind included: the kernel panics where the BCL throws.
    private static void Same<T>(Func<T> ours, Func<T> theirs)
    {
        T? expected = default;
        Exception? failure = Record.Exception(() => { expected = theirs(); });
        if (failure is not null)
            Assert.NotNull(Record.Exception(() => { ours(); }));
        else
            Assert.Equal(expected, ours());
    }

    private static int[] Copy(System.UnderTest.ReadOnlySpan<int> span)
    {
        int[] copy = new int[span.Length];
        for (int i = 0; i < copy.Length; i++)
            copy[i] = span[i];
        return copy;
    }

    private static readonly int[] s_positions = [int.MinValue, -1, 0, 1, 3, 4, 5, int.MaxValue];

    [Fact]
    public void BoundsAreThoseOfTheBcl()
    {
        int[] array = [10, 11, 12, 13];
        foreach (int start in s_positions)
        {
            Same(() => new System.UnderTest.Span<int>(array)[start], () => new Span<int>(array)[start]);
            Same(() => new System.UnderTest.ReadOnlySpan<int>(array)[start], () => new ReadOnlySpan<int>(array)[start]);
            Same(() => Copy(new System.UnderTest.Span<int>(array).Slice(start)), () => new Span<int>(array)[start..].ToArray());
            Same(() => Copy(new System.UnderTest.ReadOnlySpan<int>(array).Slice(start)), () => new ReadOnlySpan<int>(array)[start..].ToArray());
            foreach (int length in s_positions)
            {
                Same(() => Copy(new System.UnderTest.Span<int>(array, start, length)), () => new Span<int>(array, start, length).ToArray());
                Same(() => Copy(new System.UnderTest.ReadOnlySpan<int>(array, start, length)), () => new ReadOnlySpan<int>(array, start, length).ToArray());
                Same(() => Copy(new System.UnderTest.Span<int>(array).Slice(start, length)), () => new Span<int>(array).Slice(start, length).ToArray());
                Same(() => Copy(new System.UnderTest.ReadOnlySpan<int>(array).Slice(start, length)), () => new ReadOnlySpan<int>(array).Slice(start, length).ToArray());
            }
        }
    }

    [Fact]
    public void RangesCountFromEitherEnd()
    {
        System.UnderTest.Span<int> span = new([10, 11, 12, 13, 14]);
        Assert.Equal([11, 12], Copy(span[1..3]));
        Assert.Equal([13, 14], Copy(span[^2..]));
        Assert.Equal(14, span[^1]);
        Assert.Equal(5, new System.UnderTest.Index(0, fromEnd: true).GetOffset(5));
        Assert.Equal(2, new System.UnderTest.Index(3, fromEnd: true).GetOffset(5));
        Assert.Equal(3, new System.UnderTest.Index(3).GetOffset(5));
        Assert.True(new System.UnderTest.Index(3, fromEnd: true) is { IsFromEnd: true, Value: 3 });
    }

    [Fact]
    public void NullIsEmpty()
    {
        Assert.True(new System.UnderTest.Span<int>((int[]?)null).IsEmpty);
        Assert.True(System.UnderTest.ReadOnlySpan<int>.Empty.IsEmpty);
        Assert.True(default(System.UnderTest.Span<int>) == System.UnderTest.Span<int>.Empty);
    }

    [Fact]
    public void CopiesLikeTheBcl() =>
        Prop.ForAll<byte, byte, byte>((from, to, count) =>
        {
            int[] numbers = Enumerable.Range(0, 32).ToArray();
            string[] texts = [.. numbers.Select(x => $"{x}")];
            int source = from % 32;
            int target = to % 32;
            int length = count % (33 - source);
            int[] expected = [.. numbers];
            bool fits = expected.AsSpan(source, length).TryCopyTo(expected.AsSpan(target));

            // The windows overlap, with plain values and with references.
            return new System.UnderTest.Span<int>(numbers, source, length).TryCopyTo(new System.UnderTest.Span<int>(numbers).Slice(target)) == fits
                && new System.UnderTest.ReadOnlySpan<string>(texts, source, length).TryCopyTo(new System.UnderTest.Span<string>(texts).Slice(target)) == fits
                && numbers.SequenceEqual(expected)
                && texts.SequenceEqual(expected.Select(x => $"{x}"));
        }).Holds(1000);

    [Fact]
    public void CopyingTooMuchFails() =>
        Assert.ThrowsAny<Exception>(() => new System.UnderTest.Span<int>(new int[3]).CopyTo(new System.UnderTest.Span<int>(new int[2])));

    [Fact]
    public void ClearsAndFills()
    {
        int[] numbers = [1, 2, 3, 4];
        string?[] texts = ["a", "b", "c", "d"];
        new System.UnderTest.Span<int>(numbers).Slice(1, 2).Clear();
        new System.UnderTest.Span<string?>(texts).Slice(1, 2).Clear();
        Assert.Equal([1, 0, 0, 4], numbers);
        Assert.True(texts is ["a", null, null, "d"]);
        new System.UnderTest.Span<int>(numbers).Slice(2).Fill(7);
        Assert.Equal([1, 0, 7, 7], numbers);
    }

    [Fact]
    public void EnumeratesAndCompares()
    {
        int[] numbers = [1, 2, 3];
        int sum = 0;
        foreach (ref int x in new System.UnderTest.Span<int>(numbers))
            sum += x++;
        Assert.Equal(6, sum);
        Assert.Equal([2, 3, 4], numbers);
        List<int> seen = [];
        foreach (int x in new System.UnderTest.ReadOnlySpan<int>(numbers))
            seen.Add(x);
        Assert.Equal(numbers, seen);

        System.UnderTest.Span<int> span = new(numbers);
        Assert.True(span == span.Slice(0));
        Assert.True(span != span.Slice(1));
        Assert.True(new System.UnderTest.Span<int>([1]) != new System.UnderTest.Span<int>([1])); // other memory
    }
}

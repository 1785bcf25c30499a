using System;
using System.Globalization;
using System.Text;
using Commence.Lib;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class TextWriterTests
{
    // What a kernel's message would be, against what .NET makes of the same interpolated string.
    private static string Written(Func<TextWriter, TextWriter> write, int capacity = 256)
    {
        TextWriter text = write(new TextWriter(new byte[capacity]));
        return Encoding.UTF8.GetString(text.Text);
    }

    private static string Expected(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [Fact]
    public void CutsOffAndSaysSo()
    {
        TextWriter text = new(new byte[5]);
        text.Append("abc"u8);
        Assert.False(text.IsTruncated);
        text.Append("def"u8);
        Assert.True(text.IsTruncated);
        text.Append("g"u8);
        Assert.Equal("abcde"u8, text.Text);

        text.Clear();
        Assert.False(text.IsTruncated);
        Assert.True(text.Text.IsEmpty);
    }

    [Fact]
    public void WritesNothingAfterACut()
    {
        TextWriter text = new(new byte[4]);
        text.Append("€€"); // three bytes each: the second does not fit
        text.Append((byte)'!');
        Assert.True(text.IsTruncated);
        Assert.Equal("€"u8, text.Text);
    }

    [Fact]
    public void WorksWithoutABuffer()
    {
        TextWriter text = default;
        text.Append($"{1,5}x{2,-5:x4}{true}");
        Assert.True(text.IsTruncated);
        Assert.Equal(0, text.Length);
    }

    [Fact]
    public void IntegersLookLikeDotNet() =>
        Properties.ForWords((word, seed) =>
        {
            long value = unchecked((long)word) * (seed % 2 == 0 ? 1 : -1);
            int width = (int)(seed % 80) - 40;
            return Written(t => { t.AppendFormatted(value, width); return t; }) == string.Format(CultureInfo.InvariantCulture, $"{{0,{width}}}", value)
                && Written(t => { t.AppendFormatted(word, width, "x"); return t; }) == string.Format(CultureInfo.InvariantCulture, $"{{0,{width}:x}}", word)
                && Written(t => { t.Append($"{value}|{value:x16}|{value:X}|{value:d7}|{value,-9:x2}|"); return t; })
                    == Expected($"{value}|{value:x16}|{value:X}|{value:d7}|{value,-9:x2}|");
        });

    [Fact]
    public void EachWidthHasItsOwnTwosComplement() =>
        Properties.ForWords((value, _) =>
        {
            unchecked
            {
                (sbyte b, short s, int i, byte ub, ushort us, uint ui, nint n, nuint un) =
                    ((sbyte)value, (short)value, (int)value, (byte)value, (ushort)value, (uint)value, (nint)value, (nuint)value);
                return Written(t => { t.Append($"{b:x} {s:x} {i:x} {ub:x} {us:x} {ui:x} {n:x} {un:x}"); return t; })
                        == Expected($"{b:x} {s:x} {i:x} {ub:x} {us:x} {ui:x} {n:x} {un:x}")
                    && Written(t => { t.Append($"{b} {s} {i} {ub} {us} {ui} {n} {un}"); return t; })
                        == Expected($"{b} {s} {i} {ub} {us} {ui} {n} {un}");
            }
        });

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void LimitsLookLikeDotNet(long value)
    {
        Assert.Equal(Expected($"{value} {value:x} {value:x20}"), Written(t => { t.Append($"{value} {value:x} {value:x20}"); return t; }));
        Assert.Equal(ulong.MaxValue.ToString(CultureInfo.InvariantCulture), Written(t => { t.Append(ulong.MaxValue); return t; }));
        Assert.Equal(Expected($"{(int)value}"), Written(t => { t.Append((int)value); return t; }));
    }

    [Fact]
    public void TextIsAPrefixWhenItDoesNotFit() =>
        Prop.ForAll<int, ushort>((value, room) =>
        {
            int capacity = room % 48;
            FormattableString whole = $"cpu {value,12} has {value:x16} é";
            TextWriter text = new(new byte[capacity]);
            text.Append($"cpu {value,12} has {value:x16} é");
            string expected = Expected(whole);
            string actual = Encoding.UTF8.GetString(text.Text);
            return expected.StartsWith(actual, StringComparison.Ordinal)
                && text.IsTruncated == (actual.Length < expected.Length)
                && (text.IsTruncated || actual == expected);
        }).Holds();

    [Fact]
    public void LiteralsBecomeUtf8() =>
        Prop.ForAll<string?>(s => Written(t => { t.Append(s ?? ""); return t; }, 4096) == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s ?? "")))
            .Holds();

    [Theory]
    [InlineData("grüße €")]
    [InlineData("\U0001F600 face")]
    [InlineData("half \uD83D")]
    [InlineData("\uDE00\uD83D swapped")]
    public void SurrogatesBecomeUtf8(string s) =>
        Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s)), Written(t => { t.Append(s); return t; }));

    [Fact]
    public void PiecesOfEveryKind()
    {
        CpuId cpu = new(3);
        PhysAddr address = new(0xFEE00000);
        char letter = 'é';
        string actual = Written(t =>
        {
            t.Append($"[{cpu,4}] [{cpu,-4}] {address} {"span"u8} [{"span"u8,6}] {letter} {true} [{"text",-6}] {"chars".AsSpan()}");
            return t;
        });
        Assert.Equal("[   3] [3   ] 0x00000000fee00000 span [  span] é true [text  ] chars", actual);
    }

    // As a Format method does it: the writer is somebody else's.
    private static void AppendPair(ref TextWriter text, int left, CpuId right) => text.Append($"({left:x2}, {right,3})");

    [Fact]
    public void InterpolatesThroughAReference()
    {
        TextWriter text = new(new byte[32]);
        text.Append("at "u8);
        AppendPair(ref text, 10, new CpuId(7));
        Assert.Equal("at (0a,   7)"u8, text.Text);
    }

    [Theory]
    [InlineData(0ul, "[    0.000000]")]
    [InlineData(123_456_789ul, "[    0.123456]")]
    [InlineData(98765_000_001_999ul, "[98765.000001]")]
    [InlineData(1_234_567_000_000_000ul, "[1234567.000000]")]
    public void Timestamps(ulong time, string expected) =>
        Assert.Equal(expected, Written(t => { t.AppendTimestamp(new Nanoseconds(time)); return t; }));
}

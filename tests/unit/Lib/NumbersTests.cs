using System;
using System.Globalization;
using System.Linq;
using System.Text;
using Commence.Lib;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class NumbersTests
{
    [Fact]
    public void MulDivIsExact() =>
        Prop.ForAll(Properties.Words.Three().ToArbitrary(), numbers =>
        {
            (ulong value, ulong multiplier, ulong divisor) = numbers;
            if (divisor == 0)
                return true;
            UInt128 quotient = (UInt128)value * multiplier / divisor;
            if (quotient > ulong.MaxValue)
            {
                Assert.Throws<InvalidOperationException>(() => WideMath.MulDiv(value, multiplier, divisor));
                return true;
            }

            return WideMath.MulDiv(value, multiplier, divisor) == (ulong)quotient;
        }).Holds(5000);

    // The guess of a quotient digit is off by most just below the limits.
    [Theory]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, ulong.MaxValue - 1, ulong.MaxValue)]
    [InlineData(0x8000000000000000, 0xFFFFFFFFFFFFFFFE, 0x8000000000000001)]
    [InlineData(0xFFFFFFFF00000000, 0xFFFFFFFF, 0xFFFFFFFF00000001)]
    [InlineData(0x80000000_00000000, 0x00000001_00000001, 0x80000000_FFFFFFFF)]
    [InlineData(ulong.MaxValue, 1, 1)]
    [InlineData(0, ulong.MaxValue, 3)]
    public void MulDivAtTheLimits(ulong value, ulong multiplier, ulong divisor) =>
        Assert.Equal((ulong)((UInt128)value * multiplier / divisor), WideMath.MulDiv(value, multiplier, divisor));

    [Fact]
    public void DividingByZeroIsMisuse() => Assert.Throws<InvalidOperationException>(() => WideMath.MulDiv(1, 1, 0));

    [Fact]
    public void MulShiftIsExact() =>
        Properties.ForWords((value, multiplier) =>
        {
            int shift = (int)(value % 64);
            return WideMath.MulShift(value, multiplier, shift) == (ulong)((UInt128)value * multiplier >> shift);
        }, 2000);

    [Fact]
    public void SequencesWrap() =>
        Properties.ForWords((start, distance) =>
        {
            uint low = (uint)start;
            uint near = (uint)distance & 0x7FFFFFFF;
            ulong wide = distance & long.MaxValue;
            return Sequence.IsBefore(low, unchecked(low + near)) == (near != 0)
                && Sequence.IsAfter(unchecked(low + near), low) == (near != 0)
                && Sequence.IsBefore(start, unchecked(start + wide)) == (wide != 0)
                && Sequence.IsAfter(unchecked(start + wide), start) == (wide != 0);
        });

    // Test vectors published with FNV-1a.
    [Theory]
    [InlineData("", 0xCBF29CE484222325)]
    [InlineData("a", 0xAF63DC4C8601EC8C)]
    [InlineData("foobar", 0x85944171F73967E8)]
    public void HashesAsPublished(string text, ulong expected) => Assert.Equal(expected, Hash.Of(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void BucketsFillEvenly()
    {
        foreach (int bits in (int[])[0, 1, 4, 8])
        {
            int[] names = new int[1 << bits];
            int[] addresses = new int[1 << bits];
            for (int i = 0; i < 64 << bits; i++)
            {
                names[Hash.Bucket(Hash.Of(Encoding.ASCII.GetBytes($"file{i}")), bits)]++;
                addresses[Hash.Bucket(0xFFFF888000000000 + ((ulong)i * 4096), bits)]++;
            }

            Assert.True(names.Max() <= 64 * 2 && names.Min() >= 64 / 4, $"{bits} bits: {names.Min()} to {names.Max()}");
            Assert.True(addresses.Max() <= 64 * 2 && addresses.Min() >= 64 / 4, $"{bits} bits: {addresses.Min()} to {addresses.Max()}");
        }

        Assert.NotEqual(Hash.Of("name"u8), Hash.Of("name"u8, seed: 1));
    }

    [Theory]
    [InlineData("0", true, 0)]
    [InlineData("42", true, 42)]
    [InlineData("0x1F", true, 0x1F)]
    [InlineData("0Xff", true, 0xFF)]
    [InlineData("017", true, 15)]
    [InlineData("18446744073709551615", true, ulong.MaxValue)]
    [InlineData("18446744073709551616", false, 0)]
    [InlineData("0x10000000000000000", false, 0)]
    [InlineData("", false, 0)]
    [InlineData("0x", false, 0)]
    [InlineData("08", false, 0)]
    [InlineData("12a", false, 0)]
    [InlineData("-1", false, 0)]
    [InlineData(" 1", false, 0)]
    public void ParsesNumbers(string text, bool isNumber, ulong expected)
    {
        Assert.Equal(isNumber, NumberParser.TryParse(Encoding.ASCII.GetBytes(text), out ulong value));
        if (isNumber)
            Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("512", true, 512)]
    [InlineData("4K", true, 4096)]
    [InlineData("64m", true, 64ul << 20)]
    [InlineData("0x10G", true, 16ul << 30)]
    [InlineData("2T", true, 2ul << 40)]
    [InlineData("16777215T", true, 0xFFFFFFul << 40)]
    [InlineData("16777216T", false, 0)]
    [InlineData("4KB", false, 0)]
    [InlineData("K", false, 0)]
    [InlineData("4x", false, 0)]
    public void ParsesSizes(string text, bool isSize, ulong expected)
    {
        Assert.Equal(isSize, NumberParser.TryParseSize(Encoding.ASCII.GetBytes(text), out ulong value));
        if (isSize)
            Assert.Equal(expected, value);
    }

    [Fact]
    public void ReadsWhatDotNetWrites() =>
        Properties.ForWords((value, _) =>
            NumberParser.TryParse(Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)), out ulong dec) && dec == value
            && NumberParser.TryParse(Encoding.ASCII.GetBytes($"0x{value:x}"), out ulong hex) && hex == value);

    [Fact]
    public void AnyBytesAreParsedOrRefused() =>
        Prop.ForAll<NonNull<byte[]>>(bytes =>
        {
            NumberParser.TryParse(bytes.Get, out _);
            NumberParser.TryParseSize(bytes.Get, out _);
        }).Holds(1000);
}

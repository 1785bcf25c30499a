using System;
using System.Buffers.Binary;
using System.Numerics;
using Xunit;
using OurBits = System.UnderTest.BitOperations;
using OurMath = System.UnderTest.Math;
using OurPrimitives = System.UnderTest.BinaryPrimitives;

namespace Commence.Tests.Corelib;

public class NumericsTests
{
    [Fact]
    public void ProductsAreExact() =>
        Properties.ForWords((a, b) =>
        {
            ulong high = OurMath.BigMul(a, b, out ulong low);
            return new UInt128(high, low) == (UInt128)a * b;
        }, 2000);

    [Fact]
    public void LimitsLikeTheBcl() =>
        Properties.ForWords((a, b) =>
        {
            unchecked
            {
                return OurMath.Min(a, b) == Math.Min(a, b) && OurMath.Max(a, b) == Math.Max(a, b)
                    && OurMath.Min((long)a, (long)b) == Math.Min((long)a, (long)b) && OurMath.Max((long)a, (long)b) == Math.Max((long)a, (long)b)
                    && OurMath.Min((int)a, (int)b) == Math.Min((int)a, (int)b) && OurMath.Max((int)a, (int)b) == Math.Max((int)a, (int)b)
                    && OurMath.Min((uint)a, (uint)b) == Math.Min((uint)a, (uint)b) && OurMath.Max((uint)a, (uint)b) == Math.Max((uint)a, (uint)b)
                    && ((int)a == int.MinValue || OurMath.Abs((int)a) == Math.Abs((int)a))
                    && ((long)a == long.MinValue || OurMath.Abs((long)a) == Math.Abs((long)a));
            }
        });

    [Fact]
    public void TheMinimumHasNoAbsoluteValue()
    {
        Assert.Throws<OverflowException>(() => OurMath.Abs(int.MinValue));
        Assert.Throws<OverflowException>(() => OurMath.Abs(long.MinValue));
    }

    // Counting zeros has no body to test: it is one instruction, which the image's tests check.
    [Fact]
    public void BitsLikeTheBcl() =>
        Properties.ForWords((value, other) =>
        {
            int places = (int)(other % 64);
            return OurBits.PopCount(value) == BitOperations.PopCount(value)
                && OurBits.PopCount((uint)value) == BitOperations.PopCount((uint)value)
                && OurBits.RotateLeft(value, places) == BitOperations.RotateLeft(value, places)
                && OurBits.RotateLeft((uint)value, places) == BitOperations.RotateLeft((uint)value, places)
                && OurBits.IsPow2(value) == BitOperations.IsPow2(value)
                && OurBits.IsPow2(1ul << places)
                && OurBits.IsPow2((uint)value) == BitOperations.IsPow2((uint)value);
        });

    [Fact]
    public void ByteOrdersLikeTheBcl() =>
        Properties.ForWords((value, offset) =>
        {
            byte[] bytes = new byte[16];
            int at = (int)(offset % 8); // any alignment
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);
            System.UnderTest.ReadOnlySpan<byte> ours = new(bytes, at, 8);
            ReadOnlySpan<byte> theirs = bytes.AsSpan(at, 8);
            bool reads = OurPrimitives.ReadUInt16LittleEndian(ours) == BinaryPrimitives.ReadUInt16LittleEndian(theirs)
                && OurPrimitives.ReadUInt32LittleEndian(ours) == BinaryPrimitives.ReadUInt32LittleEndian(theirs)
                && OurPrimitives.ReadUInt64LittleEndian(ours) == value
                && OurPrimitives.ReadInt32LittleEndian(ours) == BinaryPrimitives.ReadInt32LittleEndian(theirs)
                && OurPrimitives.ReadInt64LittleEndian(ours) == BinaryPrimitives.ReadInt64LittleEndian(theirs)
                && OurPrimitives.ReadUInt16BigEndian(ours) == BinaryPrimitives.ReadUInt16BigEndian(theirs)
                && OurPrimitives.ReadUInt32BigEndian(ours) == BinaryPrimitives.ReadUInt32BigEndian(theirs)
                && OurPrimitives.ReadUInt64BigEndian(ours) == BinaryPrimitives.ReadUInt64BigEndian(theirs);

            byte[] written = new byte[16];
            OurPrimitives.WriteUInt64LittleEndian(new System.UnderTest.Span<byte>(written).Slice(at), value);
            return reads && bytes.AsSpan().SequenceEqual(written);
        });

    [Fact]
    public void TooFewBytesFail()
    {
        Assert.ThrowsAny<Exception>(() => OurPrimitives.ReadUInt32LittleEndian(new System.UnderTest.ReadOnlySpan<byte>(new byte[3])));
        Assert.ThrowsAny<Exception>(() => OurPrimitives.WriteUInt64LittleEndian(new System.UnderTest.Span<byte>(new byte[7]), 1));
    }
}

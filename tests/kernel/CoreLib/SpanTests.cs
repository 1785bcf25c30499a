// Spans of the core library, as the compiler for the kernel compiles them.
using System;
using Commence.Memory;

namespace Commence.Testing;

internal static class SpanTests
{
    [KernelTest]
    internal static void SlicesShareTheirMemory()
    {
        Span<byte> bytes = stackalloc byte[64];
        bytes.Clear();
        Span<byte> middle = bytes.Slice(16, 8);
        middle.Fill(0xA5);
        Check.Equal(0, bytes[15]);
        Check.Equal(0xA5, bytes[16]);
        Check.Equal(0xA5, bytes[23]);
        Check.Equal(0, bytes[24]);
        Check.Equal(8, bytes[16..24].Length);
        Check.Equal(0xA5, bytes[..17][^1]);
    }

    [KernelTest]
    internal static void CopiesMayOverlap()
    {
        Span<byte> bytes = stackalloc byte[300];
        for (int distance = 0; distance < 40; distance++)
        {
            Number(bytes);
            bytes[..200].CopyTo(bytes[distance..]);
            for (int i = 0; i < 200; i++)
                Check.Equal((byte)i, bytes[distance + i]);

            Number(bytes);
            bytes.Slice(distance, 200).CopyTo(bytes);
            for (int i = 0; i < 200; i++)
                Check.Equal((byte)(distance + i), bytes[i]);
        }
    }

    [KernelTest]
    internal static void LongCopiesAndFillsReachEveryByte()
    {
        Check.That(Kmalloc.TryAllocate(20_000, out KBuffer buffer));
        Span<byte> bytes = buffer.Span;
        for (int length = 0; length < 400; length += 7)
        {
            bytes.Clear();
            bytes.Slice(1000 + length, length).Fill(0x3C);
            bytes.Slice(1000 + length, length).CopyTo(bytes[9001..]);
            Check.Equal(0, bytes[9000]);
            Check.Equal(length == 0 ? 0 : 0x3C, bytes[9001]);
            Check.Equal(length == 0 ? 0 : 0x3C, bytes[9000 + length + (length == 0 ? 1 : 0)]);
            Check.Equal(0, bytes[9001 + length]);
        }

        buffer.Free();
    }

    [KernelTest]
    internal static void SearchesAndComparisonsAgree()
    {
        ReadOnlySpan<byte> text = "multiprocessor"u8;
        Check.Equal(5, text.IndexOf((byte)'p'));
        Check.Equal(-1, text.IndexOf((byte)'z'));
        Check.Equal(5, text.IndexOf("proc"u8));
        Check.Equal(-1, text.IndexOf("process "u8));
        Check.That(text.StartsWith("multi"u8));
        Check.That(!text.SequenceEqual("multiprocessoR"u8));
        Check.That(text[5..].SequenceEqual("processor"u8));
    }

    private static void Number(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)i;
    }
}

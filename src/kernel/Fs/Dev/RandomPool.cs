// Random numbers for programs: getrandom, /dev/random, /dev/urandom, AT_RANDOM, address space layout.
//
// A key of 256 bits; each request takes blocks of ChaCha20 under it, of which the first replaces the key, so that what was given
// out before cannot be computed from the state later. The key is made from the processor's random generator, if it has one, and
// from the jitter of the cycle counter over the first request, much of it where there is no generator, and each later one.
//
// Quality: as good as RDRAND where there is one. Without (QEMU's TCG has it from "-cpu max" on; "qemu64" has not), only the
// jitter counts: unpredictable enough for layout and hash seeds, and not a basis for long-lived keys. docs/caveats.md says so.
//
// s_lock protects the key; it is a leaf.
using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Commence.Locking;

namespace Commence.Fs;

/// <summary>The kernel's random numbers.</summary>
public static class RandomPool
{
    private const int JitterSamples = 256;       // if there is nothing else
    private const int JitterSamplesBeside = 16;  // beside a generator
    private const int WordsOfKey = ChaCha20.KeyBytes / sizeof(ulong);

    private static IrqSpinLock s_lock;
    private static Key s_key;
    private static ulong s_requests;
    private static bool s_isSeeded;

    [InlineArray(ChaCha20.KeyBytes)]
    private struct Key
    {
        private byte _first;
    }

    [InlineArray(ChaCha20.BlockBytes)]
    private struct BlockBytes
    {
        private byte _first;
    }

    /// <summary>Fills memory with random bytes.</summary>
    /// <remarks>Context: any.</remarks>
    public static void Fill(Span<byte> destination)
    {
        Key key;
        ulong request = Begin(out key);
        Span<byte> nonce = stackalloc byte[ChaCha20.NonceBytes];
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce, request);
        BlockBytes block = default;
        for (uint counter = 0; !destination.IsEmpty; counter++)
        {
            ChaCha20.Block(key, counter, nonce, block);
            int count = Math.Min(destination.Length, ChaCha20.BlockBytes);
            ((ReadOnlySpan<byte>)block)[..count].CopyTo(destination);
            destination = destination[count..];
        }

        // Nothing of it stays on the stack for longer than needed.
        block = default;
        key = default;
    }

    /// <summary>A random number.</summary>
    /// <remarks>Context: any.</remarks>
    public static ulong Next()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Adds bytes that somebody thinks are hard to guess (a write to /dev/urandom).</summary>
    public static void Mix(ReadOnlySpan<byte> bytes)
    {
        using IrqSpinLock.Guard guard = s_lock.Lock();
        Seed();
        for (int i = 0; i < bytes.Length; i++)
        {
            s_key[i % ChaCha20.KeyBytes] ^= bytes[i];
            if (i % ChaCha20.KeyBytes == ChaCha20.KeyBytes - 1)
                Advance(out _);
        }

        Advance(out _);
    }

    // Takes a key for one request, and replaces the pool's own.
    private static ulong Begin(out Key key)
    {
        using IrqSpinLock.Guard guard = s_lock.Lock();
        Seed();
        MixWord(0, Cpu.ReadCycles());
        Advance(out key);
        return ++s_requests;
    }

    // One block: the first half is the new key, the second is for the caller.
    private static void Advance(out Key key)
    {
        Span<byte> nonce = stackalloc byte[ChaCha20.NonceBytes];
        nonce.Clear();
        BlockBytes block = default;
        ChaCha20.Block(s_key, 0, nonce, block);
        key = default;
        ((ReadOnlySpan<byte>)block)[..ChaCha20.KeyBytes].CopyTo(s_key);
        ((ReadOnlySpan<byte>)block)[ChaCha20.KeyBytes..].CopyTo(key);
    }

    private static void Seed()
    {
        if (s_isSeeded)
            return;

        s_isSeeded = true;
        int generated = 0;
        for (int i = 0; i < WordsOfKey; i++)
        {
            if (!UserAbi.TryReadRandom(out ulong word))
                continue;
            MixWord(i, word);
            generated++;
        }

        // How long one round takes varies with caches, interrupts and the other processors.
        int samples = generated == WordsOfKey ? JitterSamplesBeside : JitterSamples;
        for (int i = 0; i < samples; i++)
        {
            MixWord(i % WordsOfKey, Cpu.ReadCycles() * 0x9E37_79B9_7F4A_7C15);
            Advance(out _);
        }
    }

    private static void MixWord(int index, ulong word)
    {
        Span<byte> key = s_key;
        key = key[(index * sizeof(ulong))..];
        BinaryPrimitives.WriteUInt64LittleEndian(key, BinaryPrimitives.ReadUInt64LittleEndian(key) ^ word);
    }
}

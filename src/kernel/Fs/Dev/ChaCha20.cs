// The ChaCha20 block function.
// Source: RFC 8439 §2.1 "The ChaCha Quarter Round", §2.3 "The ChaCha20 Block Function".
using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Commence.Fs;

/// <summary>Sixteen words: constants, key (8), block counter, nonce (3).</summary>
[InlineArray(WordCount)]
internal struct ChaChaState
{
    internal const int WordCount = 16;

    private uint _first;
}

/// <summary>ChaCha20 as a generator of pseudo-random blocks.</summary>
internal static class ChaCha20
{
    internal const int BlockBytes = 64;
    internal const int KeyBytes = 32;
    internal const int NonceBytes = 12;

    private const int DoubleRounds = 10;

    /// <summary>Computes one block.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="counter">The block's number.</param>
    /// <param name="nonce">12 bytes.</param>
    /// <param name="block">64 bytes.</param>
    internal static void Block(ReadOnlySpan<byte> key, uint counter, ReadOnlySpan<byte> nonce, Span<byte> block)
    {
        ChaChaState initial = default;
        initial[0] = 0x61707865;
        initial[1] = 0x3320646e;
        initial[2] = 0x79622d32;
        initial[3] = 0x6b206574;
        for (int i = 0; i < 8; i++)
            initial[4 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
        initial[12] = counter;
        for (int i = 0; i < 3; i++)
            initial[13 + i] = BinaryPrimitives.ReadUInt32LittleEndian(nonce[(4 * i)..]);

        ChaChaState state = initial;
        for (int round = 0; round < DoubleRounds; round++)
        {
            Quarter(ref state, 0, 4, 8, 12);
            Quarter(ref state, 1, 5, 9, 13);
            Quarter(ref state, 2, 6, 10, 14);
            Quarter(ref state, 3, 7, 11, 15);
            Quarter(ref state, 0, 5, 10, 15);
            Quarter(ref state, 1, 6, 11, 12);
            Quarter(ref state, 2, 7, 8, 13);
            Quarter(ref state, 3, 4, 9, 14);
        }

        for (int i = 0; i < ChaChaState.WordCount; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], state[i] + initial[i]);
    }

    private static void Quarter(ref ChaChaState state, int a, int b, int c, int d)
    {
        state[a] += state[b];
        state[d] = BitOperations.RotateLeft(state[d] ^ state[a], 16);
        state[c] += state[d];
        state[b] = BitOperations.RotateLeft(state[b] ^ state[c], 12);
        state[a] += state[b];
        state[d] = BitOperations.RotateLeft(state[d] ^ state[a], 8);
        state[c] += state[d];
        state[b] = BitOperations.RotateLeft(state[b] ^ state[c], 7);
    }
}

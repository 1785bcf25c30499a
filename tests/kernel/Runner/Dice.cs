namespace Commence.Testing;

/// <summary>Numbers that look random and are the same in every run. Source: G. Marsaglia, Xorshift RNGs (2003), 64 bits, (13, 7, 17).</summary>
internal struct Dice(int seed)
{
    private ulong _state = ((ulong)seed + 1) * 0x9E37_79B9_7F4A_7C15;

    /// <summary>A number from 0 to <paramref name="sides"/> − 1.</summary>
    internal int Roll(int sides)
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return (int)((_state >> 16) % (uint)sides);
    }
}

// Value types that the compiler knows by name. The primitives carry their limits; arithmetic is the compiler's own.
namespace System;

public abstract class ValueType
{
}

public abstract class Enum : ValueType
{
}

public struct Void
{
}

#pragma warning disable CS0169, CS0649, IDE0051 // the compiler gives each primitive its layout through this field
public readonly struct Boolean : IEquatable<bool>
{
    private readonly bool _value;

    public bool Equals(bool other) => _value == other;
}

public readonly struct Char : IEquatable<char>
{
    private readonly char _value;
    public const char MaxValue = '\uFFFF';
    public const char MinValue = '\0';

    public bool Equals(char other) => _value == other;
}

public readonly struct SByte : IEquatable<sbyte>
{
    private readonly sbyte _value;
    public const sbyte MaxValue = 127;
    public const sbyte MinValue = -128;

    public bool Equals(sbyte other) => _value == other;
}

public readonly struct Byte : IEquatable<byte>
{
    private readonly byte _value;
    public const byte MaxValue = 255;
    public const byte MinValue = 0;

    public bool Equals(byte other) => _value == other;
}

public readonly struct Int16 : IEquatable<short>
{
    private readonly short _value;
    public const short MaxValue = 32767;
    public const short MinValue = -32768;

    public bool Equals(short other) => _value == other;
}

public readonly struct UInt16 : IEquatable<ushort>
{
    private readonly ushort _value;
    public const ushort MaxValue = 65535;
    public const ushort MinValue = 0;

    public bool Equals(ushort other) => _value == other;
}

public readonly struct Int32 : IEquatable<int>
{
    private readonly int _value;
    public const int MaxValue = 0x7FFFFFFF;
    public const int MinValue = unchecked((int)0x80000000);

    public bool Equals(int other) => _value == other;
}

public readonly struct UInt32 : IEquatable<uint>
{
    private readonly uint _value;
    public const uint MaxValue = 0xFFFFFFFF;
    public const uint MinValue = 0;

    public bool Equals(uint other) => _value == other;
}

public readonly struct Int64 : IEquatable<long>
{
    private readonly long _value;
    public const long MaxValue = 0x7FFFFFFFFFFFFFFF;
    public const long MinValue = unchecked((long)0x8000000000000000);

    public bool Equals(long other) => _value == other;
}

public readonly struct UInt64 : IEquatable<ulong>
{
    private readonly ulong _value;
    public const ulong MaxValue = 0xFFFFFFFFFFFFFFFF;
    public const ulong MinValue = 0;

    public bool Equals(ulong other) => _value == other;
}

public readonly struct IntPtr
{
    private readonly nint _value;
    public static nint Zero => 0;
    public static nint MaxValue => unchecked((nint)long.MaxValue);
}

public readonly struct UIntPtr
{
    private readonly nuint _value;
    public static nuint Zero => 0;
    public static nuint MaxValue => unchecked((nuint)ulong.MaxValue);
}

// Floating point exists because the compiler demands the types. Kernel code must not use it: the build's check of the
// image fails on an XMM register that the entry code does not save.
public readonly struct Single
{
    private readonly float _value;
}

public readonly struct Double
{
    private readonly double _value;
}
#pragma warning restore CS0169, CS0649, IDE0051

public struct RuntimeTypeHandle
{
}

public struct RuntimeMethodHandle
{
}

public struct RuntimeFieldHandle
{
}

public struct RuntimeArgumentHandle
{
}

public readonly ref struct TypedReference
{
}

/// <summary>A value that may be absent. Not for hot paths: prefer <c>bool TryX(out T)</c>.</summary>
public readonly struct Nullable<T>
    where T : struct
{
    private readonly bool _hasValue;
    private readonly T _value;

    public Nullable(T value)
    {
        _value = value;
        _hasValue = true;
    }

    public bool HasValue => _hasValue;

    public T Value
    {
        get
        {
            if (!_hasValue)
                Internal.Runtime.CompilerHelpers.ThrowHelpers.ThrowInvalidOperation();
            return _value;
        }
    }

    public T GetValueOrDefault() => _value;

    public T GetValueOrDefault(T other) => _hasValue ? _value : other;
}

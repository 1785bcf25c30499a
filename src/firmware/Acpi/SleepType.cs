// The numbers that power a machine off, taken from its AML code without interpreting it.
//
// Powering off means writing the first element of the package \_S5 into the PM1 control register. The package is a constant
// in every machine met, so it is found by looking for its bytes:
//
//   08            NameOp
//   5C            RootChar, may be missing
//   5F 53 35 5F   "_S5_"
//   12            PackageOp
//   PkgLength     1 to 4 bytes: bits 7-6 of the first say how many follow
//   NumElements   1 byte
//   elements      00 zero, 01 one, FF ones, 0A xx byte, 0B xx xx word, 0C xx xx xx xx double word
//
// What this cannot find: a package computed by code, or one inside an If that is not to be taken. Such a machine is not
// powered off by us; nothing worse happens.
// Source: ACPI 6.5 §7.4.2 "\_Sx (System States)", §20.2.4 "Package Length Encoding", §20.2.5.1 "Namespace Modifier Objects".
using System;

namespace Commence.Firmware.Acpi;

/// <summary>The sleep type of soft-off, one value per PM1 control register.</summary>
public readonly struct SleepType
{
    private const byte NameOp = 0x08;
    private const byte RootChar = 0x5C;
    private const byte PackageOp = 0x12;
    private const byte ZeroOp = 0x00;
    private const byte OneOp = 0x01;
    private const byte BytePrefix = 0x0A;
    private const byte WordPrefix = 0x0B;
    private const byte DoubleWordPrefix = 0x0C;

    /// <summary>The register has three bits for it.</summary>
    private const uint ValueMax = 7;

    public byte Pm1a { get; private init; }

    public byte Pm1b { get; private init; }

    /// <summary>Looks for <c>\_S5</c> in a DSDT or SSDT.</summary>
    /// <param name="table">The whole table or any part of it.</param>
    /// <param name="type">The first sound package found.</param>
    /// <remarks>Bounded: one pass over the table.</remarks>
    public static bool TryFindSoftOff(ReadOnlySpan<byte> table, out SleepType type)
    {
        type = default;
        int at = 0;
        while (true)
        {
            int found = table.Slice(at).IndexOf("_S5_"u8);
            if (found < 0)
                return false;

            at += found;
            if (IsNamed(table, at) && TryReadPackage(table.Slice(at + 4), out type))
                return true;
            at += 4;
        }
    }

    private static bool IsNamed(ReadOnlySpan<byte> table, int at) =>
        (at >= 1 && table[at - 1] == NameOp) || (at >= 2 && table[at - 1] == RootChar && table[at - 2] == NameOp);

    private static bool TryReadPackage(ReadOnlySpan<byte> code, out SleepType type)
    {
        type = default;
        if (code.Length < 2 || code[0] != PackageOp)
            return false;

        // The package's length is not needed; how many bytes it takes is.
        int at = 2 + (code[1] >> 6);
        if (at >= code.Length)
            return false;

        int count = code[at++];
        if (count == 0 || !TryReadInteger(code, ref at, out uint first))
            return false;

        // A second element may be missing; then there is no second register either.
        uint second = 0;
        if (count >= 2 && !TryReadInteger(code, ref at, out second))
            return false;

        type = new SleepType { Pm1a = (byte)first, Pm1b = (byte)second };
        return first <= ValueMax && second <= ValueMax;
    }

    private static bool TryReadInteger(ReadOnlySpan<byte> code, ref int at, out uint value)
    {
        value = 0;
        if (at >= code.Length)
            return false;

        byte prefix = code[at++];
        int length = prefix switch
        {
            ZeroOp or OneOp => 0,
            BytePrefix => 1,
            WordPrefix => 2,
            DoubleWordPrefix => 4,
            _ => -1,
        };
        if (length < 0 || length > code.Length - at)
            return false;

        value = prefix == OneOp ? 1u : 0;
        for (int i = 0; i < length; i++)
            value |= (uint)code[at + i] << (8 * i);
        at += length;
        return true;
    }
}

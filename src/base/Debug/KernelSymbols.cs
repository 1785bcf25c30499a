// Names for addresses in the kernel's text, from the table that the build links into the image (Linux: kallsyms).
using System;
using Commence.Lib;
using Commence.Lib.Symbols;

namespace Commence.Debug;

/// <summary>Names from the image's symbol table.</summary>
public static class KernelSymbols
{
    /// <summary>Writes an instruction's address with its method, file and line.</summary>
    /// <remarks>Context: any, panic included.</remarks>
    public static void Format(ulong address, ref TextWriter text)
    {
        AppendAddress(address, ref text);
        AppendSymbol(address, 0, ref text);
    }

    /// <summary>Writes a return address with the method, file and line of the call.</summary>
    /// <remarks>Context: any, panic included.</remarks>
    public static void FormatReturn(ulong address, ref TextWriter text)
    {
        AppendAddress(address, ref text);
        // It is the instruction after the call, which may be another line's, or another method's after a call that never returns.
        AppendSymbol(address - 1, 1, ref text);
    }

    private static void AppendAddress(ulong address, ref TextWriter text)
    {
        text.Append("  "u8);
        text.AppendHex(address, 16);
    }

    // `after` is how far behind the symbol's address the one that was asked for is.
    private static void AppendSymbol(ulong address, uint after, ref TextWriter text)
    {
        if (!SymbolTable.TryOpen(ImageLayout.SymbolTable, out SymbolTable table)
            || address < table.BaseAddress || address - table.BaseAddress > uint.MaxValue
            || !table.TryFind((uint)(address - table.BaseAddress), out SymbolInfo symbol))
            return;

        text.Append((byte)' ');
        AppendPart(symbol.Namespace, (byte)'.', ref text);
        AppendPart(symbol.Type, (byte)'.', ref text);
        text.Append(symbol.Method);
        text.Append("+0x"u8);
        text.AppendHex(symbol.Offset + after);
        if (symbol.Line == 0)
            return;

        text.Append(" ("u8);
        AppendPart(symbol.Directory, (byte)'/', ref text);
        text.Append(symbol.File);
        text.Append((byte)':');
        text.Append(symbol.Line);
        text.Append((byte)')');
    }

    private static void AppendPart(ReadOnlySpan<byte> part, byte separator, ref TextWriter text)
    {
        if (part.IsEmpty)
            return;
        text.Append(part);
        text.Append(separator);
    }
}

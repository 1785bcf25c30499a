// Who called whom: method, file and line for each address.
using System;
using Commence.Lib;

namespace Commence.Debug;

/// <summary>Prints chains of callers.</summary>
public static class StackTrace
{
    private const int DepthMax = 32;

    /// <summary>Prints the interrupted code and its callers.</summary>
    /// <remarks>Context: any, panic included.</remarks>
    public static void Print(LogLevel level, ref TrapFrame frame)
    {
        Printk.Write(level, "Call trace:"u8);
        if (!frame.IsFromUser)
            PrintAddress(level, frame.InstructionPointer, isReturn: false);
        if (frame.StubCaller != 0)
            PrintAddress(level, frame.StubCaller, isReturn: true);

        ulong framePointer = frame.IsFromUser ? 0 : frame.FramePointer;
        for (int depth = 0; depth < DepthMax && StackWalker.TryStep(ref framePointer, out ulong caller); depth++)
            PrintAddress(level, caller, isReturn: true);
    }

    /// <summary>Prints callers that were read before.</summary>
    /// <remarks>Context: any.</remarks>
    public static void Print(LogLevel level, ReadOnlySpan<ulong> returnAddresses)
    {
        Printk.Write(level, "Call trace:"u8);
        foreach (ulong address in returnAddresses)
            PrintAddress(level, address, isReturn: true);
    }

    private static void PrintAddress(LogLevel level, ulong address, bool isReturn)
    {
        Span<byte> buffer = stackalloc byte[200];
        TextWriter line = new(buffer);
        if (isReturn)
            KernelSymbols.FormatReturn(address, ref line);
        else
            KernelSymbols.Format(address, ref line);
        Printk.Write(level, line.Text);
    }
}

// Where assembly calls C# for the first time, on the boot processor and on every other.
using System;
using System.Runtime;
using Commence.Arch.X64;

namespace Commence.Image;

internal static unsafe class Program
{
    [RuntimeExport("KernelStart")]
    private static void Start(uint startInfo)
    {
        Write("C# is here\n"u8);
        X64Boot.InitialiseBootProcessor();
        Write("boot processor ready\n"u8);
        while (true)
            Cpu.Halt();
    }

    private static void Write(ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
            X64Ports.Write8(0x3F8, b);
    }

    [RuntimeExport("SecondaryStart")]
    private static void StartSecondary(nint page)
    {
        while (true)
            Cpu.Halt();
    }
}

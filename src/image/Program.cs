// Where assembly calls C# for the first time, on the boot processor and on every other.
using System;
using System.Runtime;
using Commence.Arch;
using Commence.Arch.X64;
using Commence.Debug;
using Commence.Drivers.Serial;
using Commence.Irq;

namespace Commence.Image;

internal static unsafe class Program
{
    // Made by the compiler: they are needed before anything can be allocated.
    private static readonly Uart16550 s_console = new(new IoPort(0x3F8));
    private static readonly KernelTraps s_traps = new();

    [RuntimeExport("KernelStart")]
    private static void Start(uint startInfo)
    {
        X64Boot.InitialiseBootProcessor();
        TrapSink.Instance = s_traps;
        if (s_console.TryInitialise())
            ConsoleDevice.Console = s_console;
        Printk.Info($"Commence, start info at {startInfo:x8}");
        Index(Printk.ConsoleLevel);
        while (true)
            Cpu.Halt();
    }

    private static void Index(int at)
    {
        ReadOnlySpan<byte> x = "abc"u8;
        Printk.Info($"{x[at]}");
    }

    [RuntimeExport("SecondaryStart")]
    private static void StartSecondary(nint page)
    {
        while (true)
            Cpu.Halt();
    }
}

// How much memory there is and what it is taken by, in Linux's line.
using Commence.Arch;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Init;

/// <summary>The "Memory:" line (Linux: <c>mem_init_print_info</c>).</summary>
internal static class MemoryReport
{
    /// <summary>Prints it.</summary>
    /// <remarks>Context: early boot, when the page allocator has all memory.</remarks>
    internal static void Print()
    {
        PageStatistics pages = KernelMemory.Pages.ReadStatistics();
        ulong memory = KernelMemory.Memblock.MemoryBytes;
        ulong init = ImageLayout.InitEnd - ImageLayout.InitStart;
        ulong code = ImageLayout.TextEnd - ImageLayout.TextStart;
        ulong constants = ImageLayout.ConstantsEnd - ImageLayout.ConstantsStart;
        ulong data = ImageLayout.ZeroedStart - ImageLayout.DataStart;
        ulong zeroed = ImageLayout.DataEnd - ImageLayout.ZeroedStart - init;
        ulong reserved = memory - (pages.ManagedPages << Limits.PageShift);
        Printk.Info($"Memory: {Kib(pages.FreePages << Limits.PageShift)}K/{Kib(memory)}K available ({Kib(code)}K kernel code, {Kib(data)}K rwdata, {Kib(constants)}K rodata, {Kib(init)}K init, {Kib(zeroed)}K bss, {Kib(reserved)}K reserved, 0K cma-reserved)");
    }

    private static ulong Kib(ulong bytes) => bytes >> 10;
}

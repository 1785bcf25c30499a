// The first C# that runs on a processor: makes statics and per-processor words usable, then traps.
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Internal.Runtime;

namespace Commence.Arch.X64;

/// <summary>What the entry code calls before it may call the kernel.</summary>
public static class X64Boot
{
    private const int StaticsWords = 32 * 1024 / sizeof(ulong);

    [InlineArray(StaticsWords)]
    private struct StaticsMemory
    {
        private ulong _word0;
    }

    private static StaticsMemory s_statics;        // blocks of static reference fields
    private static X64PerCpuBlock s_bootProcessor; // zero, as the linker left it

    /// <summary>Prepares the boot processor: statics, per-processor words, descriptor tables, traps.</summary>
    /// <remarks>Context: the first call of C#. IRQs: off.</remarks>
    public static void InitialiseBootProcessor()
    {
        // SAFETY: 1. the linker put the address of the image's own header there.
        unsafe
        {
            GcStatics.Initialise(*(byte**)ModulesStart(), MemoryMarshal.AsBytes((Span<ulong>)s_statics));
        }

        ref X64PerCpuBlock block = ref s_bootProcessor;
        block.Tables.Load();
        X64PerCpuArea.Install(ref block, new CpuId(0));
        block.KernelStackTop = X64Memory.BootStackTop;
        block.Tables.TaskStateSegment.Rsp0 = X64Memory.BootStackTop;

        X64Traps.BuildTable();
        X64Traps.LoadOnThisCpu();
    }

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_modules_start")]
    private static extern nint ModulesStart();
}

// Memory types on the real registers: every processor has the boot processor's, and one that had others gets them.
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Arch;
using Commence.Arch.X64;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Testing;

internal static class MemoryTypeTests
{
    private const uint MsrLastMask = 0x20F;   // IA32_MTRR_PHYSMASK7
    private const uint MsrLastBase = 0x20E;
    private const uint MsrDefaultType = 0x2FF;
    private const uint MsrPat = 0x277;
    private const ulong LowPage = 0xF_F000_0000 | 6;
    private const ulong ValidMask = 0xF_FFFF_F800;

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "test_write_msr")]
    private static extern void WriteMsr(uint msr, ulong value);

    private sealed class Comparison : CrossCall
    {
        internal int Different; // Interlocked

        protected override void Run()
        {
            if (!X64MemoryTypes.IsLoadedOnThisCpu(hasRanges: true))
                Interlocked.Increment(ref Different);
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void EveryProcessorHasTheSameTypes()
    {
        Comparison comparison = new();
        using (Preempt.Guard guard = Preempt.Disable())
        {
            CpuMask all = Processors.Online;
            CrossCalls.Run(in all, comparison, guard.Pinned);
        }

        Check.That(comparison.Different == 0);
        Check.That(X64MemoryTypes.IsLoadedOnThisCpu(hasRanges: true));
    }

    [KernelTest]
    internal static void AProcessorWithOtherRangesIsCorrected()
    {
        using LocalIrq.Guard guard = LocalIrq.Disable();
        WriteMsr(MsrLastBase, LowPage);
        WriteMsr(MsrLastMask, ValidMask);
        WriteMsr(MsrPat, 0x0007_0406_0007_0406); // as after power-on
        Check.That(!X64MemoryTypes.IsLoadedOnThisCpu(hasRanges: true));

        Check.That(X64MemoryTypes.LoadOnThisCpu(hasRanges: true) == MemoryTypeChange.Different);
        Check.That(X64MemoryTypes.IsLoadedOnThisCpu(hasRanges: true));
        Check.That(X64MemoryTypes.LoadOnThisCpu(hasRanges: true) == MemoryTypeChange.None);
    }

    [KernelTest]
    internal static void AProcessorWhoseRangesAreOffGetsThem()
    {
        using LocalIrq.Guard guard = LocalIrq.Disable();
        WriteMsr(MsrLastMask, ValidMask);
        WriteMsr(MsrDefaultType, 0);
        Check.That(!X64MemoryTypes.IsLoadedOnThisCpu(hasRanges: true));

        Check.That(X64MemoryTypes.LoadOnThisCpu(hasRanges: true) == MemoryTypeChange.WereOff);
        Check.That(X64MemoryTypes.IsLoadedOnThisCpu(hasRanges: true));
    }

    [KernelTest]
    internal static void WriteThroughSurvivesBeingWrittenDown()
    {
        PhysAddr page = new(0x4000_0000);
        for (int level = 0; level <= 1; level++)
        {
            foreach (PageProtection wanted in (System.ReadOnlySpan<PageProtection>)[PageProtection.WriteThrough, PageProtection.Uncached, PageProtection.Write])
            {
                PageTableEntry entry = X64PageTable.EncodeLeaf(page, level, wanted);
                Check.That(X64PageTable.Protection(entry, level) == wanted);
                Check.That(X64PageTable.Target(entry, level) == page);
            }
        }
    }
}

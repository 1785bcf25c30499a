// Errors that a local interrupt controller reports: said, but not for ever.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Arch;
using Commence.Debug;
using Commence.Lib;

namespace Commence.Irq;

/// <summary>Reports of the local controllers (Linux: <c>smp_error_interrupt</c>).</summary>
internal static class ControllerErrors
{
    private const int ReportsMax = 16;
    private const int NamesBytes = 160;

    private static int s_count; // Interlocked

    /// <summary>Logs an error of the calling processor's controller.</summary>
    /// <remarks>Context: hard IRQ. IRQs: off.</remarks>
    internal static void Report(uint status)
    {
        int count = Interlocked.Increment(ref s_count);
        if (count < ReportsMax)
            Print(status);
        else if (count == ReportsMax)
            Printk.Error($"APIC errors: no more are printed");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Print(uint status)
    {
        Span<byte> buffer = stackalloc byte[NamesBytes];
        TextWriter names = new(buffer);
        InterruptController.DescribeErrors(status, ref names);
        Printk.Error($"APIC error on CPU{PerCpuArea.Id}: {status:x2} ({names.Text})");
    }
}

// The compiler uses xmm0, xmm1 and xmm8 in kernel code: interrupts and preemption must give them back.
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Lib;
using Commence.Locking;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Testing;

/// <summary>SIMD registers (x64/Simd.S).</summary>
internal static class SimdRegisters
{
    /// <summary>Keeps a pattern in the registers for a while.</summary>
    /// <returns>How often a register had changed.</returns>
    // SAFETY: touches caller-saved registers only.
    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "simd_hold")]
    internal static extern long Hold(ulong pattern, long rounds);
}

internal static class SimdTests
{
    // Copies that the compiler does in SIMD registers, in interrupt context.
    private sealed class Copying : CrossCall
    {
        [InlineArray(8)]
        private struct Large
        {
            private ulong _first;
        }

        private Large _from;
        private Large _to;

        protected override void Run()
        {
            _from[0]++;
            _to = _from;
            _from = Make(_to[0]);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static Large Make(ulong first)
        {
            Large large = default;
            large[7] = first;
            return large;
        }
    }

    private sealed class Holding : Work
    {
        internal long Wrong;

        // Two threads for each processor, so that they preempt one another, with other patterns.
        internal override void Run(int index)
        {
            for (int i = 0; i < 40; i++)
                Interlocked.Add(ref Wrong, SimdRegisters.Hold(0x1111_1111_1111_1111 * (ulong)((index & 7) + 1), 20_000));
        }
    }

    private sealed class Calling : Work
    {
        internal override void Run(int index)
        {
            if (index != 0)
                return;
            Copying call = new();
            for (int i = 0; i < 500; i++)
            {
                using Preempt.Guard guard = Preempt.Disable();
                CpuMask all = Processors.Online;
                CrossCalls.Run(in all, call, guard.Pinned);
            }

            Kmem.Free(call);
        }
    }

    [KernelTest]
    internal static void RegistersSurviveInterruptsAndPreemption()
    {
        Holding holding = new();
        Calling calling = new();
        Crew first = Crew.StartOnEachCpu(holding);
        Crew second = Crew.StartOnEachCpu(holding);
        Crew third = Crew.StartOnEachCpu(calling);
        first.Join();
        second.Join();
        third.Join();
        Check.Equal(0, holding.Wrong);
        Kmem.Free(holding);
        Kmem.Free(calling);
    }
}

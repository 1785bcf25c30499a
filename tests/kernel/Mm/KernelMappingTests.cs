// Stacks and mapped buffers: pages come, go, and come again at other addresses, on all processors.
using System;
using Commence.Memory;

namespace Commence.Testing;

internal static class KernelMappingTests
{
    private sealed class Filling : Work
    {
        internal override void Run(int index)
        {
            for (int i = 1; i <= 30; i++)
            {
                int length = ((i * 977) % 30000) + 1;
                Check.That(KernelMemory.Vmalloc.TryAllocate(length, out VirtualBuffer buffer));
                Check.Equal(-1, FirstNot(buffer.Span, 0));
                buffer.Span.Fill((byte)(index + 1));
                Check.Equal(-1, FirstNot(buffer.Span, (byte)(index + 1)));
                KernelMemory.Vmalloc.Free(buffer);
            }
        }

        private static int FirstNot(ReadOnlySpan<byte> bytes, byte value)
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                if (bytes[i] != value)
                    return i;
            }

            return -1;
        }
    }

    [KernelTest]
    internal static void MappedBuffersBelongToOne()
    {
        Filling work = new();
        Crew.RunOnEachCpu(work);
        Kmem.Free(work);
    }

    private sealed class Stacking : Work
    {
        internal override void Run(int index)
        {
            for (int round = 0; round < 10; round++)
            {
                Check.That(KernelStack.TryAllocate(out KernelStack first));
                Check.That(KernelStack.TryAllocate(out KernelStack second));
                Check.That(first.Bottom != second.Bottom);
                Check.That(KernelMemory.Stacks.IsGuard(first.Bottom - 1));
                Fill(first, (byte)(index + 1));
                Fill(second, (byte)(index + 101));
                Check.That(IsFilled(first, (byte)(index + 1)) && IsFilled(second, (byte)(index + 101)));
                first.Free();
                second.Free();
            }
        }

        private static unsafe void Fill(KernelStack stack, byte value) =>
            // SAFETY: the stack is this thread's alone, and mapped from bottom to top.
            new Span<byte>((void*)stack.Bottom.Value, KernelStack.SizeBytes).Fill(value);

        private static unsafe bool IsFilled(KernelStack stack, byte value)
        {
            // SAFETY: as in Fill.
            foreach (byte found in new ReadOnlySpan<byte>((void*)stack.Bottom.Value, KernelStack.SizeBytes))
            {
                if (found != value)
                    return false;
            }

            return true;
        }
    }

    [KernelTest]
    internal static void StacksBelongToOne()
    {
        Stacking work = new();
        Crew.RunOnEachCpu(work);
        Kmem.Free(work);
    }
}

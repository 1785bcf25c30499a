// Slab caches and buffers from all processors at once, with objects that one processor makes and another frees.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Memory;
using Commence.Smp;

namespace Commence.Testing;

internal static class SlabTests
{
    private const int Rounds = 5000;
    private const int HeldMax = 16;
    private const int PlaceCount = 8;

    private sealed class Item
    {
        internal ulong Low;
        internal ulong High;
        internal Item? Self;
    }

    [InlineArray(PlaceCount)]
    private struct Places
    {
        private Item? _first;
    }

    [InlineArray(HeldMax)]
    private struct Buffers
    {
        private KBuffer _first;
    }

    // Each object lies for a while in one of a few places that all processors exchange with.
    private sealed class Trading : Work
    {
        internal Places Places;
        internal int Made;
        internal int Freed;

        internal override void Run(int index)
        {
            Dice dice = new(index);
            for (int i = 0; i < Rounds; i++)
            {
                Item item = new();
                Check.That(item.Low == 0 && item.High == 0 && item.Self is null);
                ulong mark = ((ulong)index << 32) | (uint)i;
                item.Low = mark;
                item.High = ~mark;
                item.Self = item;
                Interlocked.Increment(ref Made);
                Bury(Interlocked.Exchange(ref Places[dice.Roll(PlaceCount)], item));
            }
        }

        internal void Bury(Item? item)
        {
            if (item is null)
                return;
            Check.That(item.Self == item);
            Check.Equal(item.Low, ~item.High);
            Kmem.Free(item);
            Interlocked.Increment(ref Freed);
        }
    }

    private sealed class Buffering : Work
    {
        internal override void Run(int index)
        {
            Dice dice = new(index);
            Buffers held = default;
            for (int i = 0; i < Rounds / 4; i++)
            {
                int place = dice.Roll(HeldMax);
                if (held[place].IsNull)
                    Take(ref held[place], 1 + dice.Roll(dice.Roll(8) == 0 ? 20_000 : 600), (byte)(index + place + 1));
                else
                    GiveBack(ref held[place], (byte)(index + place + 1));
            }

            for (int i = 0; i < HeldMax; i++)
                GiveBack(ref held[i], (byte)(index + i + 1));
        }

        private static void Take(ref KBuffer buffer, int size, byte mark)
        {
            Check.That(Kmalloc.TryAllocate(size, out buffer));
            Check.Equal(size, buffer.Length);
            Check.That(IsAll(buffer.Span, 0));
            buffer.Span.Fill(mark);
        }

        private static void GiveBack(ref KBuffer buffer, byte mark)
        {
            Check.That(IsAll(buffer.Span, mark));
            buffer.Free();
        }
    }

    [KernelTest(Cpus = 2)]
    internal static void ObjectsHaveOneOwner()
    {
        Trading work = new();
        Crew.RunOnEachCpu(work);
        for (int i = 0; i < PlaceCount; i++)
            work.Bury(work.Places[i]);
        Check.Equal(Processors.OnlineCount * Rounds, work.Made);
        Check.Equal(work.Made, work.Freed);
        Kmem.Free(work);
    }

    [KernelTest(Cpus = 2)]
    internal static void BuffersHaveOneOwner()
    {
        Buffering work = new();
        Crew.RunOnEachCpu(work);
        Kmem.Free(work);
    }

    [KernelTest]
    internal static void BuffersOfEverySizeAreZeroAndAligned()
    {
        for (int size = 1; size <= Kmalloc.LengthMax; size += 1 + (size / 7))
        {
            Check.That(Kmalloc.TryAllocate(size, out KBuffer buffer));
            Check.Equal(size, buffer.Length);
            Check.Equal(0, (long)buffer.Address.Value & 7);
            Check.That(IsAll(buffer.Span, 0));
            buffer.Span.Fill(0xFF);
            buffer.Free();
            Check.That(buffer.IsNull);
        }

        Check.That(!Kmalloc.TryAllocate(Kmalloc.LengthMax + 1, out _));
        Check.That(Kmalloc.TryAllocate(0, out KBuffer none));
        Check.That(none.IsNull);
    }

    [KernelTest]
    internal static void PowersOfTwoAreAlignedToTheirSize()
    {
        for (int size = 8; size <= Limits.PageSizeBytes; size *= 2)
        {
            Check.That(Kmalloc.TryAllocate(size, out KBuffer first));
            Check.That(Kmalloc.TryAllocate(size, out KBuffer second));
            Check.Equal(0, (long)first.Address.Value & (size - 1));
            Check.Equal(0, (long)second.Address.Value & (size - 1));
            Check.That(first.Address != second.Address);
            first.Free();
            second.Free();
        }
    }

    private static bool IsAll(Span<byte> bytes, byte value)
    {
        foreach (byte actual in bytes)
        {
            if (actual != value)
                return false;
        }

        return true;
    }
}

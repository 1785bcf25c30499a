using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Commence.Lib;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class BitmapTests
{
    private static int FindIn(bool[] model, int start, bool isSet)
    {
        for (int i = start; i < model.Length; i++)
        {
            if (model[i] == isSet)
                return i;
        }

        return -1;
    }

    private static int FindRangeIn(bool[] model, int count, int start, int alignment)
    {
        for (int i = start; i + count <= model.Length; i++)
        {
            if (i % alignment == 0 && !model.AsSpan(i, count).Contains(true))
                return i;
        }

        return -1;
    }

    [Fact]
    public void AgreesWithAnArrayOfBool() =>
        Prop.ForAll<NonNull<int[]>, byte>((steps, size) =>
        {
            // The bits behind the end are set: they must not be found, counted or changed.
            ulong[] words = Enumerable.Repeat(ulong.MaxValue, Bitmap.WordsFor(size) + 1).ToArray();
            Bitmap map = new(words, size);
            map.ClearRange(0, size);
            bool[] model = new bool[size];
            Random random = new(steps.Get.Length);
            foreach (int step in steps.Get)
            {
                int start = random.Next(size + 1);
                int count = random.Next(size - start + 1);
                switch (step & 3)
                {
                    case 0:
                        map.SetRange(start, count);
                        model.AsSpan(start, count).Fill(true);
                        break;
                    case 1:
                        map.ClearRange(start, count);
                        model.AsSpan(start, count).Clear();
                        break;
                    case 2 when start < size:
                        map.Set(start);
                        model[start] = true;
                        break;
                    case 3 when start < size:
                        map.Clear(start);
                        model[start] = false;
                        break;
                }

                int from = random.Next(size + 2);
                int wanted = random.Next(1, 20);
                int alignment = 1 << random.Next(6);
                Assert.Equal(FindIn(model, from, isSet: true), map.FindSet(from));
                Assert.Equal(FindIn(model, from, isSet: false), map.FindClear(from));
                Assert.Equal(FindRangeIn(model, wanted, from, alignment), map.FindClearRange(wanted, from, alignment));
                Assert.Equal(model.Count(x => x), map.CountSet());
                for (int i = 0; i < size; i++)
                    Assert.Equal(model[i], map[i]);
            }

            Assert.Equal(ulong.MaxValue, words[^1]);
            return size % 64 == 0 || words[^2] >> (size % 64) == ulong.MaxValue >> (size % 64);
        }).Holds();

    [Fact]
    public void ThreadsTakeEachBitOnce()
    {
        ulong[] words = new ulong[16];
        int taken = 0;
        Parallel.For(0, 4096, i =>
        {
            if (new Bitmap(words).TrySetAtomic(i % 1024))
                System.Threading.Interlocked.Increment(ref taken);
        });
        Assert.Equal(1024, taken);
        Assert.Equal(1024, new Bitmap(words).CountSet());
        Parallel.For(0, 1024, i => new Bitmap(words).TryClearAtomic(i));
        Assert.False(new Bitmap(words).TryClearAtomic(0));
        Assert.Equal(0, new Bitmap(words).CountSet());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100)]
    [InlineData(int.MinValue)]
    public void AnIndexOutsideIsMisuse(int index)
    {
        ulong[] words = new ulong[4];
        Assert.Throws<InvalidOperationException>(() => new Bitmap(words, 100).Set(index));
        Assert.Throws<InvalidOperationException>(() => new Bitmap(words, 100).Clear(index));
        Assert.Throws<InvalidOperationException>(() => new Bitmap(words, 100)[index]);
        Assert.Throws<InvalidOperationException>(() => new Bitmap(words, 100).SetRange(index, int.MaxValue));
        Assert.Throws<InvalidOperationException>(() => new Bitmap(words, 257));
    }
}

public class IdAllocatorTests
{
    [Fact]
    public void GivesEachNumberOnceAndOldOnesLast()
    {
        ulong[] words = new ulong[1];
        Bitmap used = new(words, 10);
        IdAllocator ids = default;
        for (int expected = 2; expected < 10; expected++)
        {
            Assert.True(ids.TryAllocate(used, 2, out int id));
            Assert.Equal(expected, id);
            if (expected % 2 == 0)
                IdAllocator.Free(used, id);
        }

        Assert.True(ids.TryAllocate(used, 2, out int again)); // around
        Assert.Equal(2, again);
        Assert.True(ids.TryAllocate(used, 2, out again));
        Assert.Equal(4, again);
        Assert.True(ids.TryAllocate(used, 2, out _) && ids.TryAllocate(used, 2, out _));
        Assert.False(ids.TryAllocate(used, 2, out _));
        Assert.True(IdAllocator.TryTake(used, 1));
        Assert.False(IdAllocator.TryTake(used, 1));
        Assert.False(IdAllocator.TryTake(used, 10));
        Assert.False(IdAllocator.TryTake(used, -1));
    }

    [Fact]
    public void FreeingTwiceIsMisuse()
    {
        ulong[] words = new ulong[1];
        Assert.Throws<InvalidOperationException>(() => IdAllocator.Free(new Bitmap(words), 3));
    }

    [Fact]
    public void NeverGivesATakenNumber() =>
        Prop.ForAll<NonNull<int[]>>(steps =>
        {
            ulong[] words = new ulong[1];
            Bitmap used = new(words, 40);
            IdAllocator ids = default;
            HashSet<int> live = [];
            foreach (int step in steps.Get)
            {
                if (step % 3 == 0 && live.Count > 0)
                {
                    int victim = live.ElementAt((step & int.MaxValue) % live.Count);
                    IdAllocator.Free(used, victim);
                    live.Remove(victim);
                }
                else if (ids.TryAllocate(used, 5, out int id))
                {
                    Assert.InRange(id, 5, 39);
                    Assert.True(live.Add(id));
                }
                else
                {
                    Assert.Equal(35, live.Count);
                }
            }

            return true;
        }).Holds();
}

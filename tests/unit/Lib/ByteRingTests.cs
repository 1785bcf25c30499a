using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Commence.Lib;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class ByteRingTests
{
    private sealed class Storage(int size)
    {
        public ByteRingCounters Counters;
        public readonly byte[] Buffer = new byte[size];
    }

    private static ByteRing Ring(Storage storage) => new(ref storage.Counters, storage.Buffer);

    [Fact]
    public void AgreesWithAQueue() =>
        Prop.ForAll<NonNull<int[]>>(steps =>
        {
            Storage storage = new(16);
            storage.Counters.Written = storage.Counters.Read = uint.MaxValue - 20; // so that the counters wrap
            Queue<byte> model = new();
            byte next = 0;
            foreach (int step in steps.Get)
            {
                int size = (step & int.MaxValue) % 20;
                if (step % 2 == 0)
                {
                    byte[] bytes = Enumerable.Range(0, size).Select(_ => next++).ToArray();
                    int written = Ring(storage).Write(bytes);
                    Assert.Equal(Math.Min(size, 16 - model.Count), written);
                    foreach (byte value in bytes.Take(written))
                        model.Enqueue(value);
                }
                else
                {
                    byte[] peeked = new byte[size];
                    byte[] read = new byte[size];
                    int count = Ring(storage).Peek(peeked);
                    Assert.Equal(count, Ring(storage).Read(read));
                    Assert.Equal(peeked, read);
                    Assert.Equal(Math.Min(size, model.Count), count);
                    for (int i = 0; i < count; i++)
                        Assert.Equal(model.Dequeue(), read[i]);
                }

                Assert.Equal(model.Count, Ring(storage).Count);
                Assert.Equal(16 - model.Count, Ring(storage).Room);
                Assert.Equal(model.Count == 0, Ring(storage).IsEmpty);
            }

            Ring(storage).Clear();
            return Ring(storage).IsEmpty;
        }).Holds();

    [Fact]
    public void AReaderAndAWriterNeedNoLock()
    {
        const int Total = 200_000;
        Storage storage = new(64);
        bool isWrong = false;
        Thread writer = new(() =>
        {
            byte[] piece = new byte[37];
            int written = 0;
            while (written < Total)
            {
                int size = Math.Min(piece.Length, Total - written);
                for (int i = 0; i < size; i++)
                    piece[i] = (byte)((written + i) * 31);
                int count = Ring(storage).Write(piece.AsSpan(0, size));
                written += count;
                if (count == 0)
                    Thread.Yield();
            }
        });
        Thread reader = new(() =>
        {
            byte[] piece = new byte[29];
            int read = 0;
            while (read < Total)
            {
                int count = Ring(storage).Read(piece);
                for (int i = 0; i < count; i++)
                    isWrong |= piece[i] != (byte)((read + i) * 31);
                read += count;
                if (count == 0)
                    Thread.Yield();
            }
        });
        writer.Start();
        reader.Start();
        Assert.True(writer.Join(TimeSpan.FromSeconds(60)) && reader.Join(TimeSpan.FromSeconds(60)), "no progress");
        Assert.False(isWrong);
    }

    [Fact]
    public void TheBufferMustBeAPowerOfTwo() => Assert.Throws<InvalidOperationException>(() => Ring(new Storage(12)).Count);
}

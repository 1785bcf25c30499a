using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Commence.Locking;
using Commence.Sched;
using Commence.Terminals;
using Commence.Tests.Sched;
using Xunit;

namespace Commence.Tests.Terminals;

public class ConsoleInputTests
{
    private const int Length = 20_000;

    // A device with much to say, as fast as the ring takes it.
    private sealed class Device(ConsoleInput input) : ConsoleInputSource
    {
        private int _next;
        private int _isPaused;

        public int Pauses { get; private set; }

        public bool IsPaused => Volatile.Read(ref _isPaused) != 0;

        public override void OnInterrupt()
        {
            using LocalIrq.Guard irq = LocalIrq.Disable();
            while (_next < Length && input.HasRoom)
                input.Push((byte)(_next++ * 7));
            input.Announce();
            if (input.HasRoom)
                return;
            Pauses++;
            Volatile.Write(ref _isPaused, 1);
            input.Pause(this);
        }

        public override void Resume() => Volatile.Write(ref _isPaused, 0);
    }

    private sealed class SlowSink : ConsoleInputSink
    {
        public List<byte> Bytes { get; } = [];

        public override void Receive(ReadOnlySpan<byte> bytes)
        {
            if (Bytes.Count % 5 == 0)
                Scheduler.Sleep(Nanoseconds.FromMicroseconds(50));
            Bytes.AddRange(bytes.ToArray());
        }
    }

    [Fact]
    public void ADeviceWaitsForASlowTerminal() => HostedKernel.Run(() =>
    {
        SlowSink sink = new();
        ConsoleInput input = new(sink);
        Device device = new(input);
        KernelThread interrupts = HostedKernel.Spawn(() =>
        {
            while (sink.Bytes.Count < Length)
            {
                if (!device.IsPaused)
                    device.OnInterrupt();
                Scheduler.Sleep(Nanoseconds.FromMicroseconds(20));
            }
        });
        interrupts.Join();
        Assert.Equal(Enumerable.Range(0, Length).Select(i => (byte)(i * 7)), sink.Bytes);
        Assert.NotEqual(0, device.Pauses);
    });
}

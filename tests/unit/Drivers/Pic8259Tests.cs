// The driver of the two 8259s against a model of them: masks, the cascade, and interrupts that are gone when looked at.
using System;
using System.Collections.Generic;
using Commence.Arch.Hosted;
using Commence.Drivers.IrqChip;
using Commence.Irq;
using Xunit;

namespace Commence.Tests.Drivers;

public sealed class Pic8259Tests : IDisposable
{
    /// <summary>One controller: what the data sheet says of masks, requests, service and end of interrupt.</summary>
    private sealed class Chip : HostedPortDevice
    {
        private int _initialisation = -1; // command word that comes next; -1: none
        private bool _readsService;

        public byte Mask { get; private set; }

        public byte InService { get; private set; }

        public byte VectorBase { get; private set; }

        public List<byte> Words { get; } = [];

        // The processor acknowledges: the highest line that is requested, or line 7 if the request is gone.
        public int Acknowledge(int? requested)
        {
            if (requested is int line)
                InService |= (byte)(1 << line);
            return VectorBase + (requested ?? 7);
        }

        public override uint Read(int offset, int sizeBytes) => offset == 1 ? Mask : _readsService ? InService : 0u;

        public override void Write(int offset, int sizeBytes, uint value)
        {
            if (offset == 1)
                WriteData((byte)value);
            else if ((value & 0x10) != 0)
                _initialisation = 2;
            else if ((value & 0x08) != 0)
                _readsService = (value & 0x03) == 0x03;
            else if ((value & 0xE0) == 0x60)
                InService &= (byte)~(1 << (int)(value & 7));
            else
                Assert.Fail($"command {value:x2}");
        }

        private void WriteData(byte value)
        {
            if (_initialisation < 0)
            {
                Mask = value;
                return;
            }

            Words.Add(value);
            if (_initialisation == 2)
                VectorBase = value;
            _initialisation = _initialisation == 4 ? -1 : _initialisation + 1;
        }
    }

    private readonly Chip _master = new();
    private readonly Chip _slave = new();
    private readonly IDisposable[] _attached;

    public Pic8259Tests()
    {
        _attached = [HostedPorts.Attach(0x20, 2, _master), HostedPorts.Attach(0xA0, 2, _slave)];
        Pic8259.Disable();
    }

    public void Dispose()
    {
        foreach (IDisposable attachment in _attached)
            attachment.Dispose();
    }

    private static bool Route(Pic8259 pic, int line) => pic.TryRouteLegacyLine(line, Pic8259.VectorFirst + line, new ApicId(0));

    [Fact]
    public void AllLinesAreMovedAndMasked()
    {
        Assert.Equal((0x20, 0x28), (_master.VectorBase, _slave.VectorBase));
        Assert.Equal([0x20, 0x04, 0x01], _master.Words);
        Assert.Equal([0x28, 0x02, 0x01], _slave.Words);
        Assert.Equal((0xFF, 0xFF), (_master.Mask, _slave.Mask));
        Assert.True(Pic8259.IsPresent);
        Assert.Equal(0xFF, _master.Mask);
    }

    [Fact]
    public void ALineIsUnmaskedAndTheCascadeWithIt()
    {
        Pic8259 pic = new();
        Assert.True(Route(pic, 4));
        Assert.Equal((0xEF, 0xFF), (_master.Mask, _slave.Mask));
        Assert.True(Route(pic, 12));
        Assert.Equal((0xEB, 0xEF), (_master.Mask, _slave.Mask));
        Assert.False(Route(pic, 2));
        Assert.False(Route(pic, 16));
        Assert.False(Route(pic, -1));
        Assert.False(pic.TryRouteLegacyLine(4, 0x31, new ApicId(0)));
    }

    [Fact]
    public void AnInterruptIsEndedWhereItCameFrom()
    {
        Pic8259 pic = new();
        _master.Acknowledge(4);
        Assert.False(pic.TryDismissSpurious(4));
        pic.EndOfInterrupt(4);
        Assert.Equal(0, _master.InService);

        _master.Acknowledge(2);
        _slave.Acknowledge(4);
        pic.EndOfInterrupt(12);
        Assert.Equal((0, 0), (_master.InService, _slave.InService));
    }

    [Fact]
    public void WhatIsGoneIsNotEnded()
    {
        Pic8259 pic = new();
        _master.Acknowledge(1); // another one, that must stay in service
        Assert.Equal(Pic8259.VectorFirst + 7, _master.Acknowledge(null));
        Assert.True(pic.TryDismissSpurious(7));
        Assert.Equal(1 << 1, _master.InService);

        // The second controller's: the first took its request for real.
        _master.Acknowledge(2);
        Assert.Equal(Pic8259.VectorFirst + 15, _slave.Acknowledge(null));
        Assert.True(pic.TryDismissSpurious(15));
        Assert.Equal((1 << 1, 0), (_master.InService, _slave.InService));
    }

    [Fact]
    public void ARealLineSevenIsNoSpuriousOne()
    {
        Pic8259 pic = new();
        _master.Acknowledge(7);
        Assert.False(pic.TryDismissSpurious(7));
        pic.EndOfInterrupt(7);
        Assert.Equal(0, _master.InService);

        _master.Acknowledge(2);
        _slave.Acknowledge(7);
        Assert.False(pic.TryDismissSpurious(15));
        pic.EndOfInterrupt(15);
        Assert.Equal((0, 0), (_master.InService, _slave.InService));
    }

    [Fact]
    public void WithoutControllersThereAreNone()
    {
        Dispose();
        Assert.False(Pic8259.IsPresent);
    }

    private sealed class Counting : InterruptHandler
    {
        public int Count { get; private set; }

        public override void OnInterrupt() => Count++;
    }

    [Fact]
    public void TheControllerThatInterruptedIsTold()
    {
        Pic8259 pic = new();
        InterruptRouter? before = InterruptRouter.Instance;
        InterruptRouter.Instance = pic;
        DeviceInterrupts.FixedRouter = pic;
        try
        {
            Counting handler = new();
            Assert.True(DeviceInterrupts.TryRequestLegacyLine(7, handler));
            uint spurious = DeviceInterrupts.SpuriousCount;
            uint unhandled = DeviceInterrupts.UnhandledCount;

            DeviceInterrupts.Dispatch(_master.Acknowledge(7), Commence.Time.InterruptedMode.Kernel);
            Assert.Equal((1, 0), (handler.Count, _master.InService));

            DeviceInterrupts.Dispatch(_master.Acknowledge(null), Commence.Time.InterruptedMode.Kernel);
            Assert.Equal((1, spurious + 1), (handler.Count, DeviceInterrupts.SpuriousCount));

            // One that nobody asked for is ended all the same.
            DeviceInterrupts.Dispatch(_master.Acknowledge(5), Commence.Time.InterruptedMode.Kernel);
            Assert.Equal((0, unhandled + 1), (_master.InService, DeviceInterrupts.UnhandledCount));
        }
        finally
        {
            InterruptRouter.Instance = before;
            DeviceInterrupts.FixedRouter = null;
        }
    }
}

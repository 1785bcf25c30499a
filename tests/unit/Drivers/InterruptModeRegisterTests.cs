// PIC mode's register: one word, selected and written in this order.
using System;
using System.Collections.Generic;
using Commence.Arch.Hosted;
using Commence.Drivers.IrqChip;
using Xunit;

namespace Commence.Tests.Drivers;

public class InterruptModeRegisterTests
{
    private sealed class Imcr : HostedPortDevice
    {
        public List<(int Offset, uint Value)> Written { get; } = [];

        public override uint Read(int offset, int sizeBytes) => throw new InvalidOperationException("it cannot be read");

        public override void Write(int offset, int sizeBytes, uint value) => Written.Add((offset, value));
    }

    [Fact]
    public void TheLocalApicIsConnected()
    {
        Imcr imcr = new();
        using IDisposable attached = HostedPorts.Attach(0x22, 2, imcr);
        InterruptModeRegister.ConnectLocalApic();
        Assert.Equal([(0, 0x70u), (1, 0x01u)], imcr.Written); // MP Spec 1.4 §3.6.2.1
    }
}

// earlycon='s value.
using System.Text;
using Commence.Drivers.Serial;
using Xunit;

namespace Commence.Tests.Lib;

public class EarlyUartTests
{
    [Theory]
    [InlineData("uart,io,0x3f8", 0x3F8, false, 1)]
    [InlineData("uart8250,io,0x2F8,9600n8", 0x2F8, true, 12)]
    [InlineData("uart8250,io,1000,", 1000, false, 1)]
    [InlineData("uart,io,0xfff8,115200", 0xFFF8, true, 1)]
    public void ReadsPorts(string text, int port, bool hasMode, int divisor)
    {
        Assert.True(EarlyUart.TryParse(Encoding.ASCII.GetBytes(text), out EarlyUart uart));
        Assert.Equal((port, hasMode, divisor), (uart.Port, uart.HasMode, uart.Mode.Divisor));
    }

    [Theory]
    [InlineData("")]
    [InlineData("uart")]
    [InlineData("uart,io")]
    [InlineData("uart,io,")]
    [InlineData("uart,io,0x20")] // the interrupt controller
    [InlineData("uart,io,0xfff9")]
    [InlineData("uart,io,0x1000003f8")]
    [InlineData("uart,io,3f8")]
    [InlineData("uart,io,0x3f8,110001")]
    [InlineData("uart,io,0x3f8,115200,1843200")] // a clock of another rate
    [InlineData("uart,mmio,0xfe040000,115200")]
    [InlineData("uart,mmio32,0xfe040000")]
    [InlineData("pl011,io,0x3f8")]
    [InlineData(",io,0x3f8")]
    public void RefusesOthers(string text) => Assert.False(EarlyUart.TryParse(Encoding.ASCII.GetBytes(text), out _));
}

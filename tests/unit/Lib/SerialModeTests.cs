// console='s options.
using System.Text;
using Commence.Drivers.Serial;
using Xunit;

namespace Commence.Tests.Lib;

public class SerialModeTests
{
    [Theory]
    [InlineData("", 1, 0x03)]
    [InlineData("115200", 1, 0x03)]
    [InlineData("115200n8", 1, 0x03)]
    [InlineData("9600", 12, 0x03)]
    [InlineData("9600e7", 12, 0x1A)]
    [InlineData("50o", 2304, 0x0B)]
    [InlineData("n7", 1, 0x02)]
    public void ReadsModes(string text, int divisor, byte lineControl)
    {
        Assert.True(SerialMode.TryParse(Encoding.ASCII.GetBytes(text), out SerialMode mode));
        Assert.Equal((divisor, lineControl), (mode.Divisor, mode.LineControl));
    }

    [Theory]
    [InlineData("110001")]
    [InlineData("230400")]
    [InlineData("0")]
    [InlineData("115200x8")]
    [InlineData("115200n9")]
    [InlineData("115200n8r")]
    [InlineData(" 115200")]
    [InlineData("99999999999999999999999")]
    public void RefusesOthers(string text) => Assert.False(SerialMode.TryParse(Encoding.ASCII.GetBytes(text), out _));
}

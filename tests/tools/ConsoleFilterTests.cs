using System.Linq;
using System.Text;
using Commence.Cli.Run;
using Xunit;

namespace Commence.ToolTests;

public sealed class ConsoleFilterTests
{
    [Theory]
    [InlineData("abc", "abc", false)]
    [InlineData("a\x01xb", "a", true)]
    [InlineData("a\x01\x01x", "a\x01x", false)]
    [InlineData("\x01y", "y", false)]
    [InlineData("\x01\x01\x01x", "\x01", true)]
    [InlineData("x", "x", false)]
    public void CtrlAXLeaves(string typed, string passed, bool hasLeft)
    {
        EscapeFilter whole = new();
        Assert.Equal(passed, Encoding.ASCII.GetString(whole.Filter(Encoding.ASCII.GetBytes(typed))));
        Assert.Equal(hasLeft, whole.HasLeft);

        EscapeFilter pieces = new();
        Assert.Equal(passed, string.Concat(typed.Select(key => Encoding.ASCII.GetString(pieces.Filter([(byte)key])))));
        Assert.Equal(hasLeft, pieces.HasLeft);
    }

    [Theory]
    [InlineData("a\r\nb\r\n", "a\nb\n")]
    [InlineData("10%\r20%\r\n", "10%\r20%\n")]
    [InlineData("\r\r\n", "\r\n")]
    [InlineData("plain\n", "plain\n")]
    public void OnlyTheReturnBeforeALineEndGoes(string printed, string passed)
    {
        Assert.Equal(passed, Encoding.ASCII.GetString(new LineEndFilter().Filter(Encoding.ASCII.GetBytes(printed))));

        LineEndFilter pieces = new();
        Assert.Equal(passed, string.Concat(printed.Select(value => Encoding.ASCII.GetString(pieces.Filter([(byte)value])))));
    }
}

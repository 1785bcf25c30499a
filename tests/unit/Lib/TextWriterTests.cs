using System.Text;
using Commence.Lib;
using Xunit;

namespace Commence.Tests.Lib;

public class TextWriterTests
{
    [Fact]
    public void CutsOffAndSaysSo()
    {
        TextWriter text = new(new byte[5]);
        text.Append("abc"u8);
        Assert.False(text.IsTruncated);
        text.Append("def"u8);
        text.Append("g"u8);
        Assert.True(text.IsTruncated);
        Assert.Equal("abcde", Encoding.UTF8.GetString(text.Text));
    }
}

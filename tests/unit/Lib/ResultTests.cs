using System;
using System.Text;
using Xunit;

namespace Commence.Tests.Lib;

public class ResultTests
{
    private static Result<int> Half(int value) => value % 2 == 0 ? value / 2 : Errno.EINVAL;

    [Fact]
    public void CarriesAValueOrAReason()
    {
        Assert.Equal(21, Half(42).Value);
        Assert.True(Half(42).TryGet(out int half));
        Assert.Equal(21, half);
        Assert.False(Half(41).IsOk);
        Assert.False(Half(41).TryGet(out _));
        Assert.Equal(Errno.EINVAL, Half(41).Error);
    }

    [Fact]
    public void MisuseIsReported()
    {
        Assert.Throws<InvalidOperationException>(() => Half(41).Value);
        Assert.Throws<InvalidOperationException>(() => { Result<int> result = Errno.None; return result.IsOk; });
    }

    [Fact]
    public void EveryNumberHasItsName()
    {
        foreach (string name in Enum.GetNames<Errno>())
        {
            if (name is not ("None" or "EWOULDBLOCK" or "EDEADLOCK" or "ENOTSUP"))
                Assert.Equal(name, Encoding.ASCII.GetString(Enum.Parse<Errno>(name).Name()));
        }

        Assert.Equal("E?"u8, ((Errno)41).Name());
    }
}

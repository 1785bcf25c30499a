using Commence.Time;
using Xunit;

namespace Commence.Tests.Time;

public class LoadAverageTests
{
    private const ulong One = 1 << LoadAverage.FractionBits;

    [Fact]
    public void ConstantLoadIsReachedAndLeft()
    {
        LoadAverage load = default;
        for (int i = 0; i < 12 * 60 * 3; i++)
            load.Update(2);
        Assert.Equal(2 * One, load.OneMinute);
        Assert.Equal(2 * One, load.FiveMinutes);
        Assert.Equal(2 * One, load.FifteenMinutes);

        for (int i = 0; i < 12 * 60 * 6; i++)
            load.Update(0);
        Assert.Equal(0ul, load.OneMinute);
        Assert.Equal(0ul, load.FifteenMinutes);
    }

    [Fact]
    public void AfterOneMinuteTwoThirdsAreThere()
    {
        LoadAverage load = default;
        for (int i = 0; i < 12; i++)
            load.Update(1);
        Assert.InRange(load.OneMinute, One * 62 / 100, One * 65 / 100); // 1 - 1/e = 0.632
        Assert.InRange(load.FiveMinutes, One * 17 / 100, One * 20 / 100); // 1 - e^(-1/5) = 0.181
    }
}

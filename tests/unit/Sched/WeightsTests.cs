using System;
using Commence.Sched;
using Xunit;

namespace Commence.Tests.Sched;

public class WeightsTests
{
    [Fact]
    public void EachStepIsAQuarter()
    {
        for (int nice = Weights.NiceMin; nice <= Weights.NiceMax; nice++)
            Assert.Equal((uint)Math.Round(1024 / Math.Pow(1.25, nice)), Weights.OfNice(nice));
    }
}

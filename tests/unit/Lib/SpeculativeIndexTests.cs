using Commence.Lib;
using Xunit;

namespace Commence.Tests.Lib;

public class SpeculativeIndexTests
{
    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(5, 6, 5)]
    [InlineData(6, 6, 0)]
    [InlineData(7, 6, 0)]
    [InlineData(-1, 6, 0)]
    [InlineData(int.MinValue, int.MaxValue, 0)]
    [InlineData(int.MaxValue, int.MaxValue, 0)]
    [InlineData(int.MaxValue - 1, int.MaxValue, int.MaxValue - 1)]
    public void WhatIsBeyondBecomesZero(int index, int count, int expected) => Assert.Equal(expected, SpeculativeIndex.Clamp(index, count));
}

using Commence.Abi;
using Commence.Signals;
using Commence.Terminals;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Terminals;

public class RuleTests
{
    private static readonly Nanoseconds s_start = Nanoseconds.FromSeconds(100);

    private static ReadRule Begin(byte min, byte time) => ReadRule.Begin(Settings.Raw(min, time), s_start);

    [Fact]
    public void ACanonicalReadWaitsForEver()
    {
        Termios termios = Settings.Defaults;
        ReadRule rule = ReadRule.Begin(in termios, s_start);
        rule.OnBytes(s_start);
        Assert.True(rule.MayWait);
        Assert.Equal(Nanoseconds.MaxValue, rule.Deadline);
    }

    [Fact]
    public void MinWithoutTimeWaitsForEver()
    {
        ReadRule rule = Begin(5, 0);
        rule.OnBytes(s_start);
        Assert.Equal(5, rule.Minimum);
        Assert.True(rule.MayWait);
        Assert.Equal(Nanoseconds.MaxValue, rule.Deadline);
    }

    [Fact]
    public void TimeWithMinRunsBetweenBytes()
    {
        ReadRule rule = Begin(5, 3);
        Assert.Equal(Nanoseconds.MaxValue, rule.Deadline);
        Nanoseconds later = Nanoseconds.FromSeconds(200);
        rule.OnBytes(later);
        Assert.Equal(Nanoseconds.FromMilliseconds(200_300), rule.Deadline);
        rule.OnBytes(Nanoseconds.FromSeconds(201));
        Assert.Equal(Nanoseconds.FromMilliseconds(201_300), rule.Deadline);
    }

    [Fact]
    public void TimeWithoutMinRunsFromTheStart()
    {
        ReadRule rule = Begin(0, 7);
        Assert.Equal(1, rule.Minimum);
        Assert.True(rule.MayWait);
        Assert.Equal(Nanoseconds.FromMilliseconds(100_700), rule.Deadline);
        rule.OnBytes(Nanoseconds.FromMilliseconds(100_500));
        Assert.Equal(Nanoseconds.FromMilliseconds(100_700), rule.Deadline);
    }

    [Fact]
    public void NeitherDoesNotWait() => Assert.False(Begin(0, 0).MayWait);

    // Rows: controlling, has foreground, is foreground, ignored, orphaned → for SIGTTIN, for SIGTTOU.
    [Theory]
    [InlineData("-----", "Go", "Go")]
    [InlineData("-x-xx", "Go", "Go")]     // another terminal
    [InlineData("x----", "Go", "Go")]     // nobody in the foreground
    [InlineData("xxx--", "Go", "Go")]
    [InlineData("xxxxx", "Go", "Go")]
    [InlineData("xx---", "Signal", "Signal")]
    [InlineData("xx-x-", "Fail", "Go")]
    [InlineData("xx-xx", "Fail", "Go")]
    [InlineData("xx--x", "Fail", "Fail")]
    public void BackgroundGroupsAreStopped(string standing, string reading, string writing)
    {
        TerminalStanding facts = new()
        {
            IsControlling = standing[0] == 'x',
            HasForeground = standing[1] == 'x',
            IsForeground = standing[2] == 'x',
            IsIgnored = standing[3] == 'x',
            IsOrphaned = standing[4] == 'x',
        };
        Assert.Equal(reading, facts.Judge(Signal.SIGTTIN).ToString());
        Assert.Equal(writing, facts.Judge(Signal.SIGTTOU).ToString());
    }

    [Theory]
    [InlineData(0x000Du, 9600u)]
    [InlineData(0x000Fu, 38400u)]
    [InlineData(0x1001u, 57600u)]
    [InlineData(0x1002u, 115200u)]
    [InlineData(0x100Fu, 4000000u)]
    [InlineData(0x1000u, 12345u)]
    [InlineData(0x0000u, 0u)]
    public void SpeedsByCode(uint control, uint expected) => Assert.Equal(expected, TerminalSpeed.Of(control, 12345));

    [Fact]
    public void EveryCodeHasASpeed() => Prop.ForAll(Properties.Words.ToArbitrary(), control => TerminalSpeed.Of((uint)control, 1) <= 4000000).Holds();

    // `stty -a` on a Linux serial console: these are its words.
    [Fact]
    public void DefaultsAreThoseOfLinux()
    {
        Termios termios = Settings.Defaults;
        Assert.Equal(0x500u, (uint)termios.Input);
        Assert.Equal(0x5u, (uint)termios.Output);
        Assert.Equal(0x1CB2u, termios.Control);
        Assert.Equal(0x8A3Bu, (uint)termios.Local);
        byte[] characters = new byte[ControlCharacters.Count];
        for (int i = 0; i < characters.Length; i++)
            characters[i] = termios.Characters[i];
        Assert.Equal([3, 0x1C, 0x7F, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1A, 0, 0x12, 0x0F, 0x17, 0x16, 0, 0, 0], characters);
    }
}

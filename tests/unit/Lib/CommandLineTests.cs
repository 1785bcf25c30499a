using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Commence.Lib;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Lib;

public class CommandLineTests
{
    private static List<string> Parse(string line)
    {
        List<string> result = [];
        foreach (KernelParameter parameter in new CommandLine(Encoding.UTF8.GetBytes(line)))
        {
            string name = Encoding.UTF8.GetString(parameter.Name);
            result.Add(parameter.HasValue ? $"{name}→{Encoding.UTF8.GetString(parameter.Value)}" : name);
        }

        return result;
    }

    private static string InitPart(string line) => Encoding.UTF8.GetString(new CommandLine(Encoding.UTF8.GetBytes(line)).InitPart);

    [Theory]
    [InlineData("")]
    [InlineData("  \t\n ")]
    [InlineData("quiet", "quiet")]
    [InlineData(" quiet  debug ", "quiet", "debug")]
    [InlineData("console=ttyS0,115200 maxcpus=4", "console→ttyS0,115200", "maxcpus→4")]
    [InlineData("a=", "a→")]
    [InlineData("a=b=c", "a→b=c")]
    [InlineData("=a", "=a")]
    [InlineData("a=\"b c\"", "a→b c")]
    [InlineData("a=\"b c\" d", "a→b c", "d")]
    [InlineData("\"a=b c\" d", "a→b c", "d")]
    [InlineData("\"a b\"", "a b")]
    [InlineData("a=b\"c d\"e f", "a→b\"c d\"e", "f")]
    [InlineData("a=\"b c", "a→b c")]
    [InlineData("\"a b", "a b")]
    [InlineData("a=\"", "a→")]
    [InlineData("\"", "")]
    [InlineData("\"\"", "")]
    [InlineData("a=\"\"", "a→")]
    [InlineData("a -- b c", "a")]
    [InlineData("a --b -- c", "a", "--b")]
    [InlineData("a --=x", "a", "--→x")]
    [InlineData("a\0b", "a")]
    public void TakesLinesApart(string line, params string[] expected) => Assert.Equal(expected, Parse(line));

    [Theory]
    [InlineData("a b", "")]
    [InlineData("a -- b \"c d\"", "b \"c d\"")]
    [InlineData("a --", "")]
    [InlineData("-- x -- y", "x -- y")]
    [InlineData("a=\" -- \" -- b", "b")]
    public void WhatFollowsTwoDashesIsForInit(string line, string expected) => Assert.Equal(expected, InitPart(line));

    [Fact]
    public void LooksParametersUp()
    {
        CommandLine line = new("log_level=3 quiet log-level=7 empty= -- quiet=no other"u8);
        Assert.True(line.TryGetValue("log-level"u8, out ReadOnlySpan<byte> value));
        Assert.Equal("7"u8, value);
        Assert.True(line.TryGetValue("log_level"u8, out value));
        Assert.Equal("7"u8, value);
        Assert.True(line.Contains("quiet"u8));
        Assert.False(line.TryGetValue("quiet"u8, out _));
        Assert.True(line.TryGetValue("empty"u8, out value));
        Assert.True(value.IsEmpty);
        Assert.False(line.Contains("other"u8));
        Assert.False(line.Contains("qui"u8));
    }

    // Written with the quoting rules, then read back.
    [Fact]
    public void ReadsBackWhatWasQuoted() =>
        Prop.ForAll<NonNull<(byte Name, byte Value)[]>>(pairs =>
        {
            List<string> expected = [];
            StringBuilder line = new();
            foreach ((byte name, byte value) in pairs.Get)
            {
                string text = new(Enumerable.Range(0, value % 7).Select(i => "ab =-_.\t"[(value + (i * 3)) % 8]).ToArray());
                line.Append($" n{name}=\"{text}\" ");
                expected.Add($"n{name}→{text}");
            }

            return Parse(line.ToString()).SequenceEqual(expected);
        }).Holds();

    // The rules once more, the other way round: which characters are outside quotes is decided first, for the whole line.
    private static List<string> ByTheRules(byte[] bytes)
    {
        List<string> result = [];
        int end = Array.IndexOf(bytes, (byte)0);
        string line = Encoding.Latin1.GetString(bytes, 0, end < 0 ? bytes.Length : end) + " ";
        int begin = -1;
        bool isQuoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            bool isBlank = " \t\n\v\f\r\u00a0".Contains(line[i]) && !(isQuoted && i < line.Length - 1);
            if (!isBlank && begin < 0)
                begin = i;
            if (line[i] == '"')
                isQuoted = !isQuoted;
            if (!isBlank || begin < 0)
                continue;

            string word = line[begin..i];
            begin = -1;
            bool isWhole = word[0] == '"';
            word = isWhole ? word[1..] : word;
            int equals = word.IndexOf('=', Math.Min(1, word.Length));
            string name = equals < 0 ? word : word[..equals];
            string? value = equals < 0 ? null : word[(equals + 1)..];
            if (isWhole && value is null && name.EndsWith('"'))
                name = name[..^1];
            if (isWhole && value is not null && value.EndsWith('"'))
                value = value[..^1];
            if (value is not null && value.StartsWith('"'))
                value = value.Length > 1 && value.EndsWith('"') ? value[1..^1] : value[1..];
            if (value is null && name == "--")
                break;
            result.Add(value is null ? name : $"{name}→{value}");
        }

        return result;
    }

    // COMMENCE_FUZZ=1000000 tries a million.
    [Fact]
    public void AgreesWithTheRulesOnAnyLine() => Firmware.Fuzz.Run("command line", 1, static random =>
    {
        byte[] line = new byte[random.Next(40)];
        for (int i = 0; i < line.Length; i++)
            line[i] = random.Next(5) == 0 ? (byte)random.Next(256) : (byte)" \"\"==--ab"[random.Next(9)];
        List<string> found = [];
        foreach (KernelParameter parameter in new CommandLine(line))
        {
            string name = Encoding.Latin1.GetString(parameter.Name);
            found.Add(parameter.HasValue ? $"{name}→{Encoding.Latin1.GetString(parameter.Value)}" : name);
        }

        Assert.Equal(ByTheRules(line), found);
    });

    [Fact]
    public void AnyBytesAreTakenApart()
    {
        Gen<byte[]> lines = Gen.ArrayOf(Gen.Frequency(
            (3, Gen.Elements((byte)' ', (byte)'"', (byte)'=', (byte)'-', (byte)'a', (byte)'\t')),
            (1, ArbMap.Default.GeneratorFor<byte>())));
        Prop.ForAll(lines.ToArbitrary(), bytes =>
        {
            int total = 0;
            foreach (KernelParameter parameter in new CommandLine(bytes))
            {
                total += parameter.Name.Length + parameter.Value.Length;
                Assert.False(parameter.HasValue && parameter.Name.IsEmpty);
            }

            return total + new CommandLine(bytes).InitPart.Length <= bytes.Length;
        }).Holds(3000);
    }
}

// Boot configurations: the trailer, the syntax, what becomes of it on the command line, and anything at all.
using System;
using System.Linq;
using System.Text;
using Commence.Firmware.BootConfig;
using Commence.Lib;
using Xunit;

namespace Commence.Tests.Firmware;

public class BootConfigTests
{
    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] WithTrailer(byte[] archive, byte[] text, int padding = 0)
    {
        uint sum = (uint)text.Sum(static value => value);
        return [.. archive, .. text, .. BitConverter.GetBytes(text.Length), .. BitConverter.GetBytes(sum), .. "#BOOTCONFIG\n"u8, .. new byte[padding]];
    }

    private static string Show(string source)
    {
        BootConfigTree tree = default;
        if (!tree.TryParse(Bytes(source), out BootConfigFault fault))
            return Describe(fault);
        TextWriter text = new(new byte[4096]);
        for (ushort key = tree.NextKey(0); key != 0; key = tree.NextKey(key))
            tree.AppendLine(Bytes(source), key, ref text);
        return Encoding.Latin1.GetString(text.Text);
    }

    private static string Describe(BootConfigFault fault) => $"{fault.Mistake} {fault.Line}:{fault.Column}";

    [Theory]
    [InlineData("", "")]
    [InlineData(" \n;;\n# nothing\n", "")]
    [InlineData("a = 1", "a = \"1\"\n")]
    [InlineData("a=1;b = x y  # why\nc", "a = \"1\"\nb = \"x y\"\nc = \"\"\n")]
    [InlineData("a =\nb = ;", "a = \"\"\nb = \"\"\n")]
    [InlineData("a.b.c = 1\na.b.d = 2", "a.b.c = \"1\"\na.b.d = \"2\"\n")]
    [InlineData("a { b = 1; c { d = 2 } }\ne = 3", "a.b = \"1\"\na.c.d = \"2\"\ne = \"3\"\n")]
    [InlineData("a.b {\nc\n}\na.b.d = 1 }", "UnexpectedBrace 4:11")]
    [InlineData("a = 1, 2,  # first two\n\n # and\n 'th ree'", "a = \"1\", \"2\", \"th ree\"\n")]
    [InlineData("a = \"x,;#}\n'y\"", "a = \"x,;#}\n'y\"\n")]
    [InlineData("a = 'say \"b\"'", "a = 'say \"b\"'\n")]
    [InlineData("a = 1\na += 2\na += 3, 4", "a = \"1\", \"2\", \"3\", \"4\"\n")]
    [InlineData("a = 1, 2\na := 3", "a = \"3\"\n")]
    [InlineData("a += 1", "a = \"1\"\n")]
    [InlineData("a = 1\na.b = 2", "a = \"1\"\na.b = \"2\"\n")]
    [InlineData("a.b = 2\na = 1", "a = \"1\"\na.b = \"2\"\n")]
    [InlineData("a-b_C.0 = x=y", "a-b_C.0 = \"x=y\"\n")]
    [InlineData("a = 1\0\0\0", "a = \"1\"\n")]
    [InlineData("a = \t1\t\r\nb = 2\r\n", "a = \"1\"\nb = \"2\"\n")]
    [InlineData("a = 1\na = 2", "Redefined 2:1")]
    [InlineData("a = 1\n  b ? 2", "NoOperator 2:5")]
    [InlineData("a b = 2", "NoOperator 1:3")]
    [InlineData("a + 2", "InvalidOperator 1:3")]
    [InlineData("a :", "InvalidOperator 1:3")]
    [InlineData(".a = 2", "InvalidKey 1:1")]
    [InlineData("a..b = 2", "InvalidKey 1:3")]
    [InlineData("= 2", "InvalidKey 1:1")]
    [InlineData("{ a }", "InvalidKey 1:1")]
    [InlineData("a\n{ b }", "InvalidKey 2:1")]
    [InlineData("ä = 1", "InvalidKey 1:1")]
    [InlineData("a {\n b {\n", "OpenBrace 2:4")]
    [InlineData("}", "UnexpectedBrace 1:1")]
    [InlineData("a = \"x", "NoClosingQuote 1:5")]
    [InlineData("a = \"x\" y", "NoDelimiter 1:9")]
    [InlineData("a = x\u0001", "NotPrintable 1:6")]
    [InlineData("a = \"x\u007f\"", "NotPrintable 1:7")]
    public void ReadsTheSyntax(string source, string expected) => Assert.Equal(expected, Show(source));

    [Fact]
    public void HasLimits()
    {
        Assert.Equal("TooLong 1:1", Show(new string('a', 32768)));
        Assert.Equal("KeyTooLong 1:1", Show(new string('a', 256)));
        Assert.StartsWith("aaaa", Show(new string('a', 255)), StringComparison.Ordinal);
        Assert.Equal("KeyTooDeep 1:1", Show(string.Join('.', Enumerable.Repeat("a", 17))));
        Assert.StartsWith("a.a.a", Show(string.Join('.', Enumerable.Repeat("a", 16))), StringComparison.Ordinal);
        Assert.Equal("KeyTooDeep 1:33", Show(string.Concat(Enumerable.Repeat("a{", 16)) + "b"));
        Assert.Equal("TooMany 1:1535", Show("a = " + string.Join(", ", Enumerable.Repeat("1", 600))));
    }

    [Theory]
    [InlineData("kernel.a = 1\ninit.b = 2", "x y", "a=1 x y -- b=2 ")]
    [InlineData("kernel.a = 1\ninit.b = 2", "x -- y", "a=1 x -- b=2  y")]
    [InlineData("kernel.a = 1\ninit.b = 2", "x --", "a=1 x -- b=2 ")]
    [InlineData("kernel { mod.par = 'x y', z; flag; empty = }", "x", "mod.par=\"x y\" mod.par=z flag empty= x")]
    [InlineData("kernel = 1; other.a = 2", "x", "x")]
    [InlineData("init = 1; init.-c = 'echo a'", "", " -- -c=\"echo a\" ")]
    [InlineData("", "x -- y", "x -- y")]
    public void PutsParametersInFront(string source, string line, string expected)
    {
        BootConfigTree tree = default;
        Assert.True(tree.TryParse(Bytes(source), out _));
        byte[] buffer = new byte[128];
        int length = Encoding.Latin1.GetBytes(line, buffer);

        Assert.True(BootConfigCommandLine.TryExtend(buffer, ref length, in tree, Bytes(source), out int lost));
        Assert.Equal(0, lost);
        Assert.Equal(Words(expected), Words(Encoding.Latin1.GetString(buffer, 0, length)));
    }

    private static string Words(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void SaysWhatCannotBeAParameter()
    {
        BootConfigTree tree = default;
        byte[] source = Bytes("kernel.a = 'say \"b\"', c");
        Assert.True(tree.TryParse(source, out _));
        byte[] buffer = new byte[32];
        int length = 0;

        Assert.True(BootConfigCommandLine.TryExtend(buffer, ref length, in tree, source, out int lost));
        Assert.Equal(1, lost);
        Assert.Equal("a=c ", Encoding.Latin1.GetString(buffer, 0, length));
    }

    [Fact]
    public void KeepsTheLineIfThereIsNoRoom()
    {
        BootConfigTree tree = default;
        byte[] source = Bytes("kernel.abcdefgh = 1");
        Assert.True(tree.TryParse(source, out _));
        byte[] buffer = [.. "quiet"u8, 0, 0, 0];
        int length = 5;

        Assert.False(BootConfigCommandLine.TryExtend(buffer, ref length, in tree, source, out _));
        Assert.Equal("quiet", Encoding.Latin1.GetString(buffer, 0, length));
    }

    [Fact]
    public void FindsTheTrailer()
    {
        byte[] archive = [1, 2, 3, 4];
        byte[] text = Bytes("a = 1\n\0\0");
        for (int padding = 0; padding <= 3; padding++)
        {
            BootConfigTrailer trailer = BootConfigTrailer.Find(WithTrailer(archive, text, padding));
            Assert.Equal((TrailerState.Sound, 4, 8), (trailer.State, trailer.Start, trailer.Length));
        }

        Assert.Equal(TrailerState.None, BootConfigTrailer.Find(WithTrailer(archive, text, 4)).State);
        Assert.Equal(TrailerState.None, BootConfigTrailer.Find(archive).State);
        Assert.Equal(TrailerState.None, BootConfigTrailer.Find("#BOOTCONFIG\n"u8).State);

        byte[] changed = WithTrailer(archive, text);
        changed[4] ^= 1;
        Assert.Equal((TrailerState.BadChecksum, 4), (BootConfigTrailer.Find(changed).State, BootConfigTrailer.Find(changed).Start));
        changed = WithTrailer(archive, text);
        changed[^17] = 1;
        Assert.Equal(TrailerState.BadSize, BootConfigTrailer.Find(changed).State);
    }

    private const string Sample = """
        # a boot configuration
        kernel {
            console = "ttyS0,115200", ttyS1
            loglevel := 7
            mod { par = "x y"; flag }
        }
        init.-c = "echo a"   # for init
        feature.option += a, b, # more
            c
        """;

    [Fact]
    public void AnyTextIsReadOrRefused() => Fuzz.Run("bootconfig", 1, static random =>
    {
        byte[] text = Fuzz.Mutate(Bytes(Sample), random);
        BootConfigTree tree = default;
        if (!tree.TryParse(text, out BootConfigFault fault))
        {
            Assert.True(fault.Mistake != BootConfigMistake.None && fault.Line >= 1 && fault.Column >= 1);
            Assert.Equal(0, tree.Count);
            return;
        }

        TextWriter shown = new(new byte[8192]);
        int keys = 0;
        for (ushort key = tree.NextKey(0); key != 0; key = tree.NextKey(key))
        {
            tree.AppendLine(text, key, ref shown);
            Assert.True(++keys <= BootConfigTree.Capacity);
        }

        byte[] buffer = new byte[4096];
        int length = Encoding.Latin1.GetBytes("a -- b", buffer);
        Assert.True(BootConfigCommandLine.TryExtend(buffer, ref length, in tree, text, out _));
        Assert.EndsWith("b", Encoding.Latin1.GetString(buffer, 0, length), StringComparison.Ordinal);

        // What is shown is a configuration again, and the same one, unless a value has quotes of both kinds.
        if (text.Contains((byte)'\''))
            return;
        byte[] again = shown.Text.ToArray();
        Assert.True(tree.TryParse(again, out fault), fault.Mistake.ToString());
        TextWriter second = new(new byte[8192]);
        for (ushort key = tree.NextKey(0); key != 0; key = tree.NextKey(key))
            tree.AppendLine(again, key, ref second);
        Assert.Equal(again, second.Text.ToArray());
    });

    [Fact]
    public void AnyTrailerIsExamined() => Fuzz.Run("bootconfig trailer", 1, static random =>
    {
        byte[] bytes = Fuzz.Mutate(WithTrailer(new byte[random.Next(64)], Bytes(Sample), random.Next(4)), random);
        BootConfigTrailer trailer = BootConfigTrailer.Find(bytes);
        Assert.True(trailer.Start >= 0 && trailer.Length >= 0 && trailer.Start + trailer.Length <= bytes.Length);
    });
}

using System;
using System.Linq;
using Commence.Abi;
using Commence.Terminals;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Terminals;

public class OutputTests
{
    private static (string Text, uint Column) Process(OutputModes modes, string text, int bufferSize = 16)
    {
        RecordingPort port = new();
        Termios termios = Settings.Defaults;
        termios.Output = modes;
        OutputProcessor output = new(port, in termios, 0, new byte[bufferSize]);
        output.Put(Settings.Bytes(text));
        output.Flush();
        return (port.Text, output.Column);
    }

    [Theory]
    [InlineData((OutputModes)0, "a\nb\tc", "a\nb\tc")]
    [InlineData(OutputModes.OPOST, "a\nb", "a\nb")]
    [InlineData(OutputModes.OPOST | OutputModes.ONLCR, "a\nb", "a\r\nb")]
    [InlineData(OutputModes.OPOST | OutputModes.OCRNL, "a\rb", "a\nb")]
    [InlineData(OutputModes.OPOST | OutputModes.ONOCR, "\ra\rb", "a\rb")]
    [InlineData(OutputModes.OPOST | OutputModes.OLCUC, "aBz{", "ABZ{")]
    [InlineData(OutputModes.OPOST | OutputModes.XTABS, "a\tb", "a       b")]
    public void ModesChangeBytes(OutputModes modes, string text, string expected) => Assert.Equal(expected, Process(modes, text).Text);

    [Theory]
    [InlineData("abc", 3u)]
    [InlineData("abc\r", 0u)]
    [InlineData("abc\n", 0u)]
    [InlineData("abc\t", 8u)]
    [InlineData("abc\b", 2u)]
    [InlineData("\b", 0u)]
    [InlineData("a\x1B", 1u)]
    public void TheColumnIsKnown(string text, uint column) => Assert.Equal(column, Process(OutputModes.OPOST | OutputModes.ONLCR, text).Column);

    [Fact]
    public void TheSizeOfTheBufferDoesNotShow() => Prop.ForAll(
        Gen.Elements('a', '\n', '\r', '\t', '\b', ' ').ArrayOf().ToArbitrary(), Gen.Choose(16, 64).ToArbitrary(), (text, size) =>
            Process(OutputModes.OPOST | OutputModes.ONLCR, new string(text), size) == Process(OutputModes.OPOST | OutputModes.ONLCR, new string(text), 4096)).Holds();

    [Fact]
    public void AGateKeepsOrderAndLosesOnlyWhatDoesNotFit() => Prop.ForAll(
        Gen.Choose(0, 400).Zip(Gen.Choose(0, 3)).ArrayOf().ToArbitrary(), steps =>
        {
            RecordingPort port = new();
            OutputGate gate = new(port);
            string expected = "";
            string held = "";
            byte next = 0;
            foreach ((int length, int action) in steps)
            {
                byte[] bytes = Enumerable.Range(0, length).Select(_ => next++).ToArray();
                gate.Write(bytes);
                if (gate.IsStopped)
                    held += Settings.Text(bytes.AsSpan(0, Math.Min(length, OutputGate.SizeBytes - held.Length)));
                else
                    expected += Settings.Text(bytes);
                if (action == 0)
                    gate.Stop();
                if (action == 1)
                    gate.Discard();
                if (action == 2)
                    gate.Open();
                expected += action == 2 ? held : "";
                held = action is 1 or 2 ? "" : held;
                if (port.Text != expected || gate.HeldCount != held.Length)
                    return false;
            }

            return true;
        }).Holds();
}

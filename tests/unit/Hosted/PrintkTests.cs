using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Commence.Arch.Hosted;
using Commence.Debug;
using Commence.Lib;
using Xunit;

namespace Commence.Tests.Hosted;

public sealed class PrintkTests : IDisposable
{
    // A console that takes its time, so that writers overtake it, and that notices two writers at once.
    private sealed class Recorder : ConsoleDevice
    {
        private readonly StringBuilder _text = new();
        private int _writers;

        public bool WasShared { get; private set; }

        public string[] Lines => _text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            WasShared |= System.Threading.Interlocked.Increment(ref _writers) != 1;
            System.Threading.Thread.Yield();
            _text.Append(Encoding.UTF8.GetString(bytes));
            System.Threading.Interlocked.Decrement(ref _writers);
        }
    }

    private readonly Recorder _console = new();

    public PrintkTests()
    {
        Printk.Info($"before the test"); // what earlier tests logged is shown to nobody
        ConsoleDevice.Console = new Recorder();
        ConsoleOutput.Flush();
        ConsoleDevice.Console = _console;
    }

    public void Dispose() => ConsoleDevice.Console = null;

    [Fact]
    public void ALineHasATimeStampAndItsText()
    {
        Printk.Info($"CPU {new CpuId(3)} at {new PhysAddr(0xFEE00000)}: {-5,4} {0xABCu:x8}");
        string line = Assert.Single(_console.Lines);
        Assert.Matches(@"^\[ *\d+\.\d{6}\] CPU 3 at 0x00000000fee00000:   -5 00000abc$", line);
    }

    [Fact]
    public void TheConsoleLevelHidesWhatMattersLess()
    {
        int before = Printk.ConsoleLevel;
        Printk.ConsoleLevel = (int)LogLevel.Warning;
        Printk.Warning($"hidden");
        Printk.Error($"shown");
        Printk.ConsoleLevel = before;
        Assert.EndsWith("shown", Assert.Single(_console.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void InterruptHandlersLogToo()
    {
        using HostedMachine machine = new(1);
        using IDisposable here = machine.Enter(0);
        machine[0].Interrupt(() => Printk.Info($"from the interrupt"));
        Printk.Info($"from the thread");
        Cpu.Relax();
        Assert.Contains("from the interrupt", _console.Lines.Select(Text));
        Assert.Contains("from the thread", _console.Lines.Select(Text));
    }

    [Fact]
    public void ManyProcessorsLoseAndTearNothing()
    {
        const int Processors = 3;
        const int Each = 400;
        using HostedMachine machine = new(Processors);
        machine.Run(cpu =>
        {
            for (int i = 0; i < Each; i++)
            {
                int width = i % 200;
                Printk.Notice($"{cpu}:{i}:{new string((char)('a' + (i % 26)), width)}");
            }
        });

        Assert.False(_console.WasShared);
        Assert.Equal(Processors * Each, _console.Lines.Length);
        int[] next = new int[Processors];
        foreach (string line in _console.Lines)
        {
            string[] parts = Text(line).Split(':');
            int cpu = int.Parse(parts[0]);
            int number = int.Parse(parts[1]);
            Assert.Equal(next[cpu]++, number);
            Assert.Equal(new string((char)('a' + (number % 26)), number % 200), parts[2]);
        }
    }

    private static string Text(string line) => line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..];
}

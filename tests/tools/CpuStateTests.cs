using System.Collections.Generic;
using System.Linq;
using Commence.Machine;
using Xunit;

namespace Commence.ToolTests;

public sealed class CpuStateTests
{
    [Fact]
    public void ReadsQemusDump()
    {
        const string Dump = "\r\nCPU#0\r\nRAX=0000000000000000 RBP=ffffffff80a01f40\r\nRIP=ffffffff80001234 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\r\n" +
            "CR0=80010033 CR2=00007f0000000010 CR3=0000000000103000 CR4=000000a0\r\n\r\n" +
            "CPU#12\r\nEAX=00000000\r\nEIP=0000fff0 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0\r\nCR0=60000010 CR2=00000000 CR3=00000000\r\n";

        IReadOnlyList<CpuState> cpus = CpuState.ParseAll(Dump);

        Assert.Equal(
            [(0, 0xffffffff80001234, 0xffffffff80a01f40, 0x7f0000000010, true, true), (12, 0xfff0, 0, 0, false, false)],
            cpus.Select(cpu => (cpu.Index, cpu.Rip, cpu.Rbp, cpu.Cr2, cpu.IsHalted, cpu.AreInterruptsOn)));
    }

    [Fact]
    public void NonsenseHasNoProcessors() => Assert.Empty(CpuState.ParseAll("unknown command"));

    [Fact]
    public void ReadsTheWordsOfAFrame()
    {
        Assert.Equal((0xffffffff80a01f70, 0xffffffff80201234), FrameWalk.ParsePair("ffffffff80a01f40: 0xffffffff80a01f70 0xffffffff80201234\r\n"));
        Assert.Null(FrameWalk.ParsePair("Cannot access memory\r\n"));
    }
}

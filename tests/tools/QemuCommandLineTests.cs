using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Machine;
using Xunit;

namespace Commence.ToolTests;

public sealed class QemuCommandLineTests
{
    private static readonly MachineSpec s_spec = new() { Kernel = "k.elf", Initrd = "i.img", CommandLine = "quiet" };

    [Fact]
    public void AKernelIsLoadedByQemu()
    {
        string[] arguments = Build(s_spec);

        Assert.Equal("k.elf", After(arguments, "-kernel"));
        Assert.Equal("i.img", After(arguments, "-initrd"));
        Assert.Equal("quiet", After(arguments, "-append"));
        Assert.DoesNotContain("-boot", arguments);
    }

    [Fact]
    public void ADiscTakesThePlaceOfTheKernel()
    {
        string[] arguments = Build(s_spec with { Disc = "a,b.iso" });

        Assert.Equal("media=cdrom,format=raw,readonly=on,file=a,,b.iso", After(arguments, "-drive"));
        Assert.Equal("order=d", After(arguments, "-boot"));
        Assert.Empty(arguments.Intersect(["-kernel", "-initrd", "-append"]));
    }

    [Fact]
    public void FlashesAreThePairOfCodeAndACopyOfTheVariables()
    {
        using MachineLines lines = new();
        string[] arguments = [.. QemuCommandLine.Build(s_spec with { Uefi = new UefiFirmware("/code.fd", "/vars.fd") }, lines)];

        Assert.Contains("if=pflash,format=raw,unit=0,readonly=on,file=/code.fd", arguments);
        Assert.Contains($"if=pflash,format=raw,unit=1,file={lines.UefiVariablesPath}", arguments);
        Assert.StartsWith(lines.DirectoryPath, lines.UefiVariablesPath, StringComparison.Ordinal);
        Assert.DoesNotContain("-bios", arguments);
    }

    private static string[] Build(MachineSpec spec)
    {
        using MachineLines lines = new();
        return [.. QemuCommandLine.Build(spec, lines)];
    }

    private static string After(IReadOnlyList<string> arguments, string option) => arguments[arguments.ToList().IndexOf(option) + 1];
}

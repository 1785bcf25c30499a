using System;
using System.Linq;
using Commence.Machine;
using Xunit;

namespace Commence.ToolTests;

public sealed class KernelCommandLineTests
{
    [Fact]
    public void NamesTheProgramAndItsArguments() => Assert.Equal(
        "rdinit=/bin/busybox init=/bin/busybox commence.on_init_exit=poweroff initcall_debug -- sh -c \"echo a b\" \"\"",
        KernelCommandLine.ForProgram("/bin/busybox", "initcall_debug", ["sh", "-c", "echo a b", ""]));

    [Fact]
    public void WithoutArgumentsThereAreNoDashes() =>
        Assert.Equal("rdinit=/bin/true init=/bin/true commence.on_init_exit=poweroff", KernelCommandLine.ForProgram("/bin/true", "", []));

    [Fact]
    public void AProgramWithASpaceIsQuoted() =>
        Assert.StartsWith("\"rdinit=/a b\" \"init=/a b\" ", KernelCommandLine.ForProgram("/a b", "", []));

    [Theory]
    [InlineData("say \"hi\"")]
    [InlineData("a\0b")]
    public void WhatCannotBeSaidIsRefused(string argument) =>
        Assert.Throws<ArgumentException>(() => KernelCommandLine.ForProgram("/bin/echo", "", [argument]));

    [Fact]
    public void TheKernelsLimitHolds()
    {
        string argument = new([.. Enumerable.Repeat('é', KernelCommandLine.LengthMax / 2)]);

        ArgumentException error = Assert.Throws<ArgumentException>(() => KernelCommandLine.ForProgram("/bin/echo", "", [argument]));
        Assert.Contains(KernelCommandLine.LengthMax.ToString(), error.Message);
    }
}

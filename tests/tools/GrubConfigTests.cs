using System;
using System.Linq;
using Commence.Machine;
using Commence.Machine.Iso;
using Xunit;

namespace Commence.ToolTests;

public sealed class GrubConfigTests
{
    [Fact]
    public void TheKernelItsFileSystemAndNoMenu() => Assert.Equal(
        """
        serial --unit=0 --speed=115200
        terminal_input serial
        terminal_output serial
        acpi --exclude=APIC
        multiboot2 /boot/commence.elf 'quiet' 'rdinit=/bin/true'
        module2 /boot/initramfs.img initramfs
        boot

        """,
        GrubConfig.Make("quiet rdinit=/bin/true", hasInitrd: true, ["acpi --exclude=APIC"]));

    [Fact]
    public void WithoutAFileSystemNoneIsLoaded() =>
        Assert.DoesNotContain("module2", GrubConfig.Make("", hasInitrd: false, []));

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("  a   b  ", new[] { "a", "b" })]
    [InlineData("\"a b\" c", new[] { "a b", "c" })]
    [InlineData("name=\"a b\" c", new[] { "name=a b", "c" })]
    [InlineData("x\"a b\"y", new[] { "xa by" })]
    [InlineData("a \"b  c", new[] { "a", "b  c" })]         // to the end, as the kernel takes it
    [InlineData("a$b ${c} ; # d", new[] { "a$b", "${c}", ";", "#", "d" })]
    public void WordsAreTheKernels(string line, string[] words) =>
        Assert.Equal(["multiboot2 /boot/commence.elf", .. words.Select(word => $"'{word}'")], Loading(line).Split(" '").Select((part, i) => i == 0 ? part : $"'{part}"));

    [Fact]
    public void TheProgramsOwnLineIsHandedOver() => Assert.Equal(
        "multiboot2 /boot/commence.elf 'rdinit=/bin/sh' 'init=/bin/sh' 'commence.on_init_exit=poweroff' '--' '-c' 'echo $0; nproc' 'x y'",
        Loading(KernelCommandLine.ForProgram("/bin/sh", "", ["-c", "echo $0; nproc", "x y"])));

    [Theory]
    [InlineData("a 'b", "apostrophe")]
    [InlineData("a b\\n", "backslash")]
    [InlineData("\"a\tb\"", "character 9")]
    [InlineData("\"a\nb\"", "character 10")]
    [InlineData("-- \"\"", "empty word")]
    public void WhatGrubWouldChangeIsRefused(string line, string reason) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => GrubConfig.Make(line, hasInitrd: false, [])).Message);

    private static string Loading(string commandLine) =>
        GrubConfig.Make(commandLine, hasInitrd: true, []).Split('\n').Single(line => line.StartsWith("multiboot2", StringComparison.Ordinal));
}

using System.IO;
using System.Linq;
using Commence.Machine;
using Xunit;

namespace Commence.ToolTests;

public sealed class ElfFileTests
{
    [Fact]
    public void ThisProcessIsDynamic() => Assert.True(ElfFile.IsDynamic("/proc/self/exe"));

    [Fact]
    public void SegmentsAreRead()
    {
        ElfSegment[] loaded = [.. ElfFile.ReadSegments("/proc/self/exe").Where(segment => segment.IsLoaded)];

        Assert.NotEmpty(loaded);
        Assert.All(loaded, segment => Assert.True(segment.Contains(segment.VirtualAddress) && !segment.Contains(segment.VirtualAddress + segment.MemorySize)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("#!/bin/sh\n")]
    [InlineData("\u007fELF\u0002")]
    public void WhatIsNoElfFileHasNoSegments(string contents)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, contents);
        Assert.Empty(ElfFile.ReadSegments(path));
        Assert.Equal(0u, ElfFile.LoadEnd(path));
        File.Delete(path);
    }
}

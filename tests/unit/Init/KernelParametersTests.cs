// The hosted kernel's own table of parameters.
using System.Text;
using Commence.Init;
using Commence.Lib;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Commence.Tests.Init;

public class KernelParametersTests
{
    public KernelParametersTests() => KernelParameters.Table = KernelParameterTable.Instance;

    [Theory]
    [InlineData("quiet", true)]
    [InlineData("loglevel=7", true)]
    [InlineData("maxcpus=2", true)]
    [InlineData("init=/bin/sh", true)]
    [InlineData("commence.on_init_exit=poweroff", true)]
    [InlineData("commence.on-init-exit=poweroff", true)]
    [InlineData("quietly", false)]
    [InlineData("HOME=/root", false)]
    public void KnowsItsOwn(string text, bool isKnown)
    {
        CommandLine line = new(Encoding.ASCII.GetBytes(text));
        foreach (KernelParameter parameter in line)
            Assert.Equal(isKnown, KernelParameters.IsKnown(parameter));
    }

    [Fact]
    public void EachIsFoundByItsName()
    {
        KernelParameterSet table = KernelParameterTable.Instance;
        Assert.True(table.Count > 10);
        for (int i = 0; i < table.Count; i++)
            Assert.Equal(i, table.Find(table.Name(i)));
    }

    [Fact]
    public void AnyBytesAreTaken() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            foreach (KernelParameter parameter in new CommandLine(bytes))
                _ = KernelParameters.IsKnown(parameter);
            return true;
        }).Holds(1000);
}

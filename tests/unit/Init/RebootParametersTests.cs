using System.Text;
using Commence.Init;
using Xunit;

namespace Commence.Tests.Init;

public class RebootParametersTests
{
    [Theory]
    [InlineData("pci,warm", true, RebootWay.Pci, true, false)]
    [InlineData("k", true, RebootWay.Keyboard, false, false)]
    [InlineData("t,,f", true, RebootWay.TripleFault, false, true)]
    [InlineData("warm,cold,acpi", true, RebootWay.Acpi, false, false)]
    [InlineData("cf9", true, RebootWay.Pci, false, false)]
    [InlineData("kbd,bios,efi", true, RebootWay.Keyboard, false, false)] // said, and passed over
    [InlineData("", true, RebootWay.Acpi, false, false)]
    [InlineData("kbd,banana,warm", false, RebootWay.Keyboard, false, false)]
    [InlineData("keyboard", false, RebootWay.Acpi, false, false)]
    public void EachWordCounts(string value, bool isSound, RebootWay way, bool isWarm, bool isForced)
    {
        RebootParameters.Reset();
        Assert.Equal(isSound, RebootParameters.Set(Encoding.ASCII.GetBytes(value)));
        Assert.Equal((way, isWarm, isForced), (RebootParameters.Way, RebootParameters.IsWarm, RebootParameters.IsForced));
        RebootParameters.Reset();
    }
}

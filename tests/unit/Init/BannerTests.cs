using System.Reflection;
using System.Text;
using Commence.Init;
using Xunit;

namespace Commence.Tests.Init;

public class BannerTests
{
    [Fact]
    public void TheKernelNamesTheRepositorysVersion()
    {
        string version = typeof(Banner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        Assert.Equal(version.Split('+')[0], Encoding.ASCII.GetString(Banner.Version));
    }
}

using System.IO;
using System.Linq;
using Commence.Cli;
using Commence.Cli.Test;
using Xunit;

namespace Commence.ToolTests;

public sealed class TestPartTests
{
    [Fact]
    public void EveryTestProjectIsRun()
    {
        string[] projects = [.. Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.csproj", SearchOption.AllDirectories)
            .Select(Repository.Relative)];

        Assert.Empty(projects.Except(TestCommand.Projects));
    }
}

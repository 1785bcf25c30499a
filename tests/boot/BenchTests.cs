// The benchmarks work from end to end, without Linux, which would have to be fetched. What they measure is not asserted, but
// that they measure: all processors came, and every figure is there.
using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Commence.BootTests;

public sealed class BenchTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task BringUpIsMeasured()
    {
        using JsonDocument json = await MeasureAsync("bringup", "**Instructions of all processors, exactly**", "--exact", "2");
        JsonElement[] samples = [.. json.RootElement.GetProperty("samples").EnumerateArray()];

        Assert.Equal(6, samples.Length); // floor and kernel, once by the clock and twice exactly
        foreach (IGrouping<string?, JsonElement> contender in samples.GroupBy(static sample => sample.GetProperty("contender").GetString()))
        {
            Assert.All(contender, static sample => Assert.True(sample.GetProperty("ns").GetDouble() > 0));
            // Exact means that every run gives the same.
            JsonElement[] exact = [.. contender.Where(static sample => sample.GetProperty("pace").GetString() == "exact")];
            Assert.Equal(exact[0].GetProperty("instructions").GetInt64(), exact[1].GetProperty("instructions").GetInt64());
            Assert.Equal(exact[0].GetProperty("ns").GetDouble(), exact[1].GetProperty("ns").GetDouble());
        }
    }

    [Fact]
    public async Task ABootIsMeasured()
    {
        using JsonDocument json = await MeasureAsync("boot", "**Kernel entry to the first instruction of init", "--no-memory");
        JsonElement[] samples = [.. json.RootElement.GetProperty("samples").EnumerateArray()];

        Assert.All(samples, static sample => Assert.False(sample.TryGetProperty("excuse", out _)));
        Assert.Contains(samples, static sample => sample.TryGetProperty("ns", out JsonElement ns) && ns.GetDouble() > 0);
        Assert.Contains(samples, static sample => sample.TryGetProperty("instructions", out JsonElement count) && count.GetInt64() > 0);
    }

    private static async Task<JsonDocument> MeasureAsync(string benchmark, string title, params string[] options)
    {
        string path = Path.GetTempFileName();
        CommandTests.CommandResult result = await CommandTests.RunAsync(
            s_limit, ["bench", benchmark, "--cpus", "2", "--repeats", "1", "--no-linux", "--json", path, .. options]);
        Assert.True(result.Status == 0, result.Error + result.Output);
        Assert.Contains(title, result.Output);
        Assert.Contains("| Commence", result.Output);

        string json = await File.ReadAllTextAsync(path);
        File.Delete(path);
        return JsonDocument.Parse(json);
    }
}

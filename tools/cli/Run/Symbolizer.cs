// Names addresses in the kernel, with llvm-symbolizer. Without it, addresses stay numbers.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Commence.Cli.Host;
using Commence.Machine;

namespace Commence.Cli.Run;

/// <summary>Turns addresses into methods and lines.</summary>
internal static class Symbolizer
{
    /// <summary>Gives for each address "method (file:line)", or an empty text if nobody knows.</summary>
    internal static async Task<IReadOnlyList<string>> NameAsync(string image, IReadOnlyList<ulong> addresses)
    {
        // llvm-symbolizer gives an address beyond the image the name of the image's last symbol.
        IReadOnlyList<ElfSegment> segments = ElfFile.ReadSegments(image);
        bool IsInImage(ulong address) => segments.Any(segment => segment.IsLoaded && segment.Contains(address));

        IEnumerable<string> words = addresses.Select(static address => $"0x{address:x}");
        string[] command = [Tool.Symbolizer.Name, "--output-style=JSON", "--no-inlines", $"--obj={image}", .. words];
        HostCommand answer = await HostCommand.RunAsync(command);
        string[] lines = answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        IReadOnlyList<string> names = answer.Status == 0 && lines is [string json] ? Read(json) : [.. addresses.Select(static _ => "")];
        return [.. addresses.Zip(names, (address, name) => IsInImage(address) ? name : "")];
    }

    // [{"Address":"0x…","ModuleName":"…","Symbol":[{"FileName":"…","FunctionName":"…","Line":12,…}]}, …]
    private static IReadOnlyList<string> Read(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(Describe)];
    }

    private static string Describe(JsonElement address)
    {
        if (!address.TryGetProperty("Symbol", out JsonElement symbols) || symbols.GetArrayLength() == 0)
            return "";
        string function = symbols[0].GetProperty("FunctionName").GetString() ?? "";
        string file = symbols[0].GetProperty("FileName").GetString() ?? "";
        int line = symbols[0].GetProperty("Line").GetInt32();
        return (function.Length, file.Length) switch
        {
            (0, _) => "",
            (_, 0) => function,
            _ => $"{function} ({Repository.Relative(file)}:{line})",
        };
    }
}

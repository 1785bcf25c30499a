// ./commence help-params: what the kernel's command line understands, as its sources declare it.
using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Commence.Cli.Build;
using Commence.Cli.Host;

namespace Commence.Cli.Parameters;

/// <summary>Lists kernel parameters.</summary>
internal static class HelpParametersCommand
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    internal static Command Create()
    {
        Option<string> arch = CommonOptions.Arch();
        Option<bool> json = new("--json") { Description = "For programs" };
        Option<bool> markdown = new("--markdown") { Description = "As docs/parameters.md" };
        Argument<string?> filter = new("text") { Description = "Only those in whose name or description this occurs", DefaultValueFactory = static _ => null };
        Command command = new("help-params", "List the kernel's parameters") { arch, json, markdown, filter };
        command.SetAction(async (parsed, stop) =>
        {
            IReadOnlyList<ParameterRecord> all = await ReadAsync(parsed.GetValue(arch)!, stop);
            string text = parsed.GetValue(filter) ?? "";
            List<ParameterRecord> shown = [.. all.Where(parameter => Contains(parameter, text))];
            Console.Write(parsed.GetValue(json) ? Json(shown) : parsed.GetValue(markdown) ? Markdown(shown) : Plain(shown));
            return ExitStatus.Success;
        });
        return command;
    }

    /// <summary>The page docs/parameters.md.</summary>
    internal static string Markdown(IEnumerable<ParameterRecord> parameters)
    {
        StringBuilder page = new();
        page.Append("# Kernel parameters\n\n");
        page.Append("Made by `./commence help-params --markdown > docs/parameters.md` from the declarations in the sources (a test compares them).\n");
        page.Append("How they are declared: [kernel-rules.md](kernel-rules.md#kernel-parameters). *Early* ones are applied before there is memory. Names may be\n");
        page.Append("written with dashes. What is not listed goes to the first program: `name` as an argument, `name=value` into its environment.\n\n");
        page.Append("| parameter | range | default | what it does | applied | declared in |\n|---|---|---|---|---|---|\n");
        foreach (ParameterRecord p in parameters)
        {
            string source = p.Source.Length > 0 ? $"[{p.Member}](../{p.Source})" : p.Member;
            page.Append($"| `{Cell(p.Usage)}` | {Cell(p.Range)} | {Cell(p.Default)} | {Cell(p.Help)} | {When(p)} | {source} |\n");
        }
        return page.ToString();
    }

    // The build records them; nothing is read from the image itself.
    private static async Task<IReadOnlyList<ParameterRecord>> ReadAsync(string arch, CancellationToken stop)
    {
        await Installer.EnsureAsync(Tool.ForBuild);
        await Builder.BuildAsync(BuildTarget.KernelImage(arch), isVerbose: false, stop);
        return ParameterRecord.ReadAll(Path.GetDirectoryName(Repository.Assembly("Commence.Image", "Commence.Image"))!);
    }

    private static bool Contains(ParameterRecord parameter, string text) =>
        parameter.Name.Contains(text, StringComparison.OrdinalIgnoreCase) || parameter.Help.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static string Json(List<ParameterRecord> parameters) => JsonSerializer.Serialize(parameters, s_json) + "\n";

    private static string Plain(List<ParameterRecord> parameters)
    {
        StringBuilder text = new();
        foreach (ParameterRecord p in parameters)
        {
            string range = p.Range.Length > 0 ? $"{p.Range}; " : "";
            string initial = p.Default.Length > 0 ? $"default {p.Default}; " : "";
            text.Append($"{p.Usage}\n    {p.Help}\n    {range}{initial}{When(p)}; {p.Source}\n");
        }
        return text.ToString();
    }

    private static string When(ParameterRecord parameter) => parameter.Early ? "early" : "late";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}

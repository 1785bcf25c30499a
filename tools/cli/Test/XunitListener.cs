// Understands what an xunit.v3 test program prints with "-reporter json": one message in a line.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Commence.Cli.Test;

/// <summary>Turns an xunit program's messages into results.</summary>
internal sealed class XunitListener(Action<string> onStart, Action<TestResult> onResult)
{
    private readonly Dictionary<string, string> _names = [];

    /// <summary>Whether the program reached its end in order.</summary>
    internal bool HasFinished { get; private set; }

    /// <summary>What it printed that is no message.</summary>
    internal List<string> OtherLines { get; } = [];

    /// <summary>Hears one line.</summary>
    internal void Hear(string line)
    {
        JsonNode? message = Parse(line);
        switch (Text(message, "$type"))
        {
            case "test-starting":
                _names[Text(message, "TestUniqueID")] = Text(message, "TestDisplayName");
                onStart(Text(message, "TestDisplayName"));
                break;
            case "test-passed":
                onResult(Result(message, TestVerdict.Passed, ""));
                break;
            case "test-failed":
                onResult(Result(message, TestVerdict.Failed, Explain(message)));
                break;
            case "test-skipped":
                onResult(Result(message, TestVerdict.Skipped, Text(message, "Reason")));
                break;
            case "error" or "test-assembly-cleanup-failure" or "test-collection-cleanup-failure" or "test-class-cleanup-failure"
                or "test-method-cleanup-failure" or "test-case-cleanup-failure" or "test-cleanup-failure":
                onResult(new TestResult("outside of any test", TestVerdict.Failed, Explain(message)));
                break;
            case "test-assembly-finished":
                HasFinished = true;
                break;
            case "" when line.Length > 0:
                OtherLines.Add(line);
                break;
        }
    }

    private TestResult Result(JsonNode? message, TestVerdict verdict, string detail)
    {
        double seconds = message?["ExecutionTime"]?.GetValue<double>() ?? 0;
        return new TestResult(_names.GetValueOrDefault(Text(message, "TestUniqueID"), "?"), verdict, detail, TimeSpan.FromSeconds(seconds));
    }

    private static string Explain(JsonNode? message) => string.Join('\n', new[]
    {
        Texts(message, "Messages"),
        Texts(message, "StackTraces"),
        Text(message, "Output"),
    }.Where(static text => text.Length > 0));

    private static JsonNode? Parse(string line)
    {
        try
        {
            return line.StartsWith('{') ? JsonNode.Parse(line) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Text(JsonNode? message, string name) => message?[name]?.GetValue<string>() ?? "";

    private static string Texts(JsonNode? message, string name) =>
        message?[name] is JsonArray texts ? string.Join('\n', texts.Select(static text => text?.GetValue<string>() ?? "")) : "";
}

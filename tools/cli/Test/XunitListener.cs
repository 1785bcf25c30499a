// Understands what an xunit.v3 test program prints with "-reporter json": one message in a line.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;

namespace Commence.Cli.Test;

/// <summary>Turns an xunit program's messages into results.</summary>
internal sealed class XunitListener(Action<string> onStart, Action<TestResult> onResult)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _running = [];
    private long _lastResult = Stopwatch.GetTimestamp();

    /// <summary>How long no test has begun or ended.</summary>
    internal TimeSpan Quiet
    {
        get
        {
            lock (_lock)
                return Stopwatch.GetElapsedTime(_lastResult);
        }
    }

    /// <summary>The tests that have begun and not ended.</summary>
    internal IReadOnlyList<string> Running
    {
        get
        {
            lock (_lock)
                return [.. _running.Values];
        }
    }

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
                Begin(Text(message, "TestUniqueID"), Text(message, "TestDisplayName"));
                break;
            case "test-passed":
                End(message, TestVerdict.Passed, "");
                break;
            case "test-failed":
                End(message, TestVerdict.Failed, Explain(message));
                break;
            case "test-skipped":
                End(message, TestVerdict.Skipped, Text(message, "Reason"));
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

    private void Begin(string id, string name)
    {
        lock (_lock)
        {
            _running[id] = name;
            _lastResult = Stopwatch.GetTimestamp();
        }
        onStart(name);
    }

    private void End(JsonNode? message, TestVerdict verdict, string detail)
    {
        string? name;
        lock (_lock)
        {
            _running.Remove(Text(message, "TestUniqueID"), out name);
            _lastResult = Stopwatch.GetTimestamp();
        }
        double seconds = message?["ExecutionTime"]?.GetValue<double>() ?? 0;
        onResult(new TestResult(name ?? "a test that never began", verdict, detail, TimeSpan.FromSeconds(seconds)));
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

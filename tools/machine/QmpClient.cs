// QEMU's control protocol: JSON objects, one per line, in both directions.
// Source: QEMU, "QEMU Machine Protocol Specification" (docs/interop/qmp-spec).
using System;
using System.Collections.Concurrent;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Machine;

/// <summary>Sends commands to QEMU and hears its events.</summary>
public sealed class QmpClient
{
    private readonly Stream _stream;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode?>> _pending = new();
    private int _lastId;

    private QmpClient(Stream stream) => _stream = stream;

    /// <summary>Greets QEMU and starts to hear events.</summary>
    /// <param name="stream">The connected control socket.</param>
    /// <param name="onEvent">Called with each event's name and data, in order, from one thread at a time.</param>
    public static async Task<QmpClient> ConnectAsync(Stream stream, Action<string, JsonNode?> onEvent)
    {
        QmpClient client = new(stream);
        _ = client.ReadAllAsync(onEvent); // ends with the connection; its failures reach whoever waits for an answer
        await client.ExecuteAsync("qmp_capabilities");
        return client;
    }

    /// <summary>Executes a command and gives what it returns.</summary>
    /// <remarks>Fails: throws <see cref="QmpException"/> when QEMU refuses or goes away.</remarks>
    public async Task<JsonNode?> ExecuteAsync(string command, JsonObject? arguments = null)
    {
        int id = Interlocked.Increment(ref _lastId);
        TaskCompletionSource<JsonNode?> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;

        JsonObject request = new() { ["execute"] = command, ["id"] = id };
        if (arguments is not null)
            request["arguments"] = arguments;
        await SendAsync(request);
        return await answer.Task;
    }

    /// <summary>Executes a command of the human monitor, for what has no machine form, as seen by one processor.</summary>
    public async Task<string> ExecuteHumanAsync(string command, int cpu = 0)
    {
        JsonNode? text = await ExecuteAsync("human-monitor-command", new JsonObject { ["command-line"] = command, ["cpu-index"] = cpu });
        return text?.GetValue<string>() ?? "";
    }

    private async Task SendAsync(JsonObject request)
    {
        byte[] line = Encoding.UTF8.GetBytes(request.ToJsonString() + "\n");
        await _writing.WaitAsync();
        try
        {
            await _stream.WriteAsync(line);
        }
        catch (IOException error)
        {
            throw new QmpException($"QEMU's control connection is closed: {error.Message}");
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAllAsync(Action<string, JsonNode?> onEvent)
    {
        string reason = "QEMU closed its control connection";
        try
        {
            using StreamReader reader = new(_stream, Encoding.UTF8, leaveOpen: true);
            while (await reader.ReadLineAsync() is string line)
                Handle(JsonNode.Parse(line), onEvent);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or JsonException)
        {
            reason = error.Message;
        }
        foreach (TaskCompletionSource<JsonNode?> waiting in _pending.Values)
            waiting.TrySetException(new QmpException(reason));
    }

    private void Handle(JsonNode? message, Action<string, JsonNode?> onEvent)
    {
        if (message?["event"] is JsonNode name)
            onEvent(name.GetValue<string>(), message["data"]);
        else if (message?["id"] is JsonNode id && _pending.TryRemove(id.GetValue<int>(), out TaskCompletionSource<JsonNode?>? answer))
            Answer(answer, message);
    }

    private static void Answer(TaskCompletionSource<JsonNode?> answer, JsonNode message)
    {
        if (message["error"] is JsonNode error)
            answer.TrySetException(new QmpException(error["desc"]?.GetValue<string>() ?? "unknown error"));
        else
            answer.TrySetResult(message["return"]);
    }
}

/// <summary>QEMU refused a command or went away.</summary>
public sealed class QmpException(string message) : Exception(message);

// One line of the record line to a Record. Unknown kinds and unknown fields are ignored, so an older reader
// understands a newer kernel; a line that is not what it claims to be is an error.
using System;
using System.Text.Json;

namespace Commence.Machine.Records;

/// <summary>Parses records.</summary>
public static class RecordParser
{
    private const int CpuRunMax = 65536;

    /// <summary>Parses one line, without its line end.</summary>
    /// <returns>The record, or null for an unknown kind.</returns>
    /// <remarks>Fails: throws <see cref="FormatException"/> for a malformed line.</remarks>
    public static MachineRecord? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return FromObject(document.RootElement);
        }
        catch (JsonException error)
        {
            throw new FormatException($"not JSON: {error.Message}");
        }
    }

    private static MachineRecord? FromObject(JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Object)
            throw new FormatException("not a JSON object");

        return Text(line, "record") switch
        {
            "hello" => new HelloRecord(Text(line, "version"), Text(line, "arch")),
            "step" => new StepRecord(Text(line, "name"), Int(line, "cpu"), Long(line, "ns")),
            "initcall" => new InitcallRecord(
                Text(line, "name"), Text(line, "level"), Int(line, "cpu"), Long(line, "start"), Long(line, "end"), Int(line, "result")),
            "cpu" => Cpu(line),
            "bringup" => new BringUpRecord(Int(line, "cpus"), Long(line, "prepare_ns"), Long(line, "first_init_ns"), Long(line, "last_online_ns")),
            "floor" => new FloorRecord(Int(line, "cpus"), Int(line, "arrived"), Long(line, "cycles"), Long(line, "rate_cycles"), Long(line, "rate_ticks")),
            "exit" => Exit(line),
            "panic" => new PanicRecord(Int(line, "cpu"), OptionalText(line, "message")),
            "test-start" => new TestStartRecord(Text(line, "name")),
            "test" => Test(line),
            "tests-done" => new TestsDoneRecord(Int(line, "passed"), Int(line, "failed"), OptionalInt(line, "skipped")),
            _ => null,
        };
    }

    // `count` stands for so many processors with consecutive numbers and ids.
    private static MachineRecord Cpu(JsonElement line)
    {
        CpuRecord first = new(Int(line, "cpu"), Long(line, "apic"), Text(line, "state"), OptionalText(line, "reason"));
        if (!line.TryGetProperty("count", out _))
            return first;
        int count = Int(line, "count");
        if (count is < 1 or > CpuRunMax)
            throw new FormatException($"a run of {count} processors");
        return new CpuRunRecord(first, count);
    }

    private static ExitRecord Exit(JsonElement line)
    {
        int status = Int(line, "status");
        if (status is < 0 or > 255)
            throw new FormatException($"exit status {status} is not in 0 to 255");
        return new ExitRecord(status);
    }

    private static TestRecord Test(JsonElement line)
    {
        string result = Text(line, "result");
        if (result is not ("passed" or "failed" or "skipped"))
            throw new FormatException($"unknown test result '{result}'");
        return new TestRecord(Text(line, "name"), result, OptionalText(line, "detail"));
    }

    private static string Text(JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException($"no text field '{name}'");

    // What explains comes last in a record, and is left out when the record would grow too long.
    private static string OptionalText(JsonElement line, string name) => line.TryGetProperty(name, out _) ? Text(line, name) : "";

    private static int OptionalInt(JsonElement line, string name) => line.TryGetProperty(name, out _) ? Int(line, name) : 0;

    private static int Int(JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw new FormatException($"no whole number field '{name}'");

    private static long Long(JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : throw new FormatException($"no whole number field '{name}'");
}

// Cuts the record line's bytes into lines, whatever pieces they arrive in.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Commence.Machine.Records;

/// <summary>Collects a machine's records and the lines that are not records.</summary>
public sealed class RecordReader
{
    private const int LineLengthMax = 64 * 1024;

    private readonly object _lock = new();
    private readonly List<byte> _line = [];
    private readonly List<MachineRecord> _records = [];
    private readonly List<string> _errors = [];

    /// <summary>Whether firmware uses the line too, as UEFI does: what comes before the kernel's first record is not for us.</summary>
    public bool IsSharedWithFirmware { get; init; }

    /// <summary>Called with each record, on the thread that feeds this reader.</summary>
    public Action<MachineRecord>? OnRecord { get; init; }

    /// <summary>Gives the records so far, in order.</summary>
    public IReadOnlyList<MachineRecord> Records
    {
        get
        {
            lock (_lock)
                return [.. _records];
        }
    }

    /// <summary>Gives a sentence for each malformed line so far.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_lock)
                return [.. _errors];
        }
    }

    /// <summary>Takes the next bytes of the line.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (value == '\n')
                EndLine();
            else if (_line.Count < LineLengthMax)
                _line.Add(value);
        }
    }

    /// <summary>Says that no more bytes come: what is left over is a line that was cut off.</summary>
    public void End()
    {
        if (_line.Count > 0)
            EndLine();
    }

    private void EndLine()
    {
        byte[] line = [.. _line];
        _line.Clear();
        if (line is [.., (byte)'\r'])
            line = line[..^1];
        if (line.Length == 0)
            return;
        try
        {
            MachineRecord? record = RecordParser.Parse(line);
            IEnumerable<MachineRecord?> records = record is CpuRunRecord run ? run.Each() : [record];
            foreach (MachineRecord each in records.OfType<MachineRecord>())
                Keep(each);
        }
        catch (FormatException error)
        {
            if (IsSharedWithFirmware && _records.Count == 0)
                return;
            lock (_lock)
                _errors.Add($"{error.Message}: {Encoding.UTF8.GetString(line)}");
        }
    }

    private void Keep(MachineRecord record)
    {
        lock (_lock)
            _records.Add(record);
        OnRecord?.Invoke(record);
    }
}

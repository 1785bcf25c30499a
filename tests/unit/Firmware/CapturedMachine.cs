// A machine's physical memory, put together again from one folder of tests/fixtures: each table lies where it was found.
// DECODED.txt, which was written by another decoder when the tables were captured, says where, and what the tests expect.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Commence.Firmware;
using Commence.Firmware.Acpi;
using Xunit;

namespace Commence.Tests.Firmware;

/// <summary>Memory in pieces; what lies between them cannot be read.</summary>
internal sealed class SparseMemory
{
    public const int LowLength = 1 << 20;

    private readonly List<(ulong At, byte[] Bytes)> _pieces = [];

    /// <summary>The first mebibyte, all of it readable.</summary>
    public byte[] Low { get; } = new byte[LowLength];

    public IEnumerable<(ulong At, byte[] Bytes)> Pieces => _pieces;

    public void Put(ulong at, ReadOnlySpan<byte> bytes)
    {
        if (at + (ulong)bytes.Length <= LowLength)
            bytes.CopyTo(Low.AsSpan((int)at));
        else
            _pieces.Add((at, bytes.ToArray()));
    }

    public View Memory => new(this);

    public readonly struct View(SparseMemory memory) : IPhysicalMemory
    {
        public bool TryRead(PhysAddr at, int length, out ReadOnlySpan<byte> bytes)
        {
            Assert.True(length >= 0);
            if (at.Value <= LowLength && (ulong)length <= LowLength - at.Value)
            {
                bytes = memory.Low.AsSpan((int)at.Value, length);
                return true;
            }

            foreach ((ulong start, byte[] piece) in memory._pieces)
            {
                ulong offset = at.Value - start;
                if (at.Value < start || offset > (ulong)piece.Length || (ulong)length > (ulong)piece.Length - offset)
                    continue;
                bytes = piece.AsSpan((int)offset, length);
                return true;
            }

            bytes = default;
            return false;
        }
    }
}

/// <summary>One captured machine with what DECODED.txt says of it.</summary>
internal sealed partial class CapturedMachine
{
    private readonly string _folder;
    private readonly string[] _lines;

    private CapturedMachine(string folder)
    {
        _folder = folder;
        _lines = File.ReadAllLines(Path.Combine(folder, "DECODED.txt"));
        PutMp();
        PutAcpi();
    }

    public static string Root { get; } = Path.Combine(AppContext.BaseDirectory, "fixtures");

    /// <summary>The captured machines, without those that only have device trees.</summary>
    public static IEnumerable<string> Names => Directory.GetFiles(Root, "DECODED.txt", SearchOption.AllDirectories)
        .Select(file => Path.GetFileName(Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal);

    public SparseMemory Image { get; } = new();

    /// <summary>Where the floating pointer was found; 0 if there is none.</summary>
    public ulong MpPointer { get; private set; }

    public ulong MpTable { get; private set; }

    public ulong Rsdp { get; private set; }

    public ulong RootTable { get; private set; }

    public bool HasNullEntry { get; private set; }

    /// <summary>The ACPI tables that the root table lists.</summary>
    public List<(string Signature, ulong At, int Length, int Revision)> Tables { get; } = [];

    public static CapturedMachine Load(string name) => new(Path.Combine(Root, name));

    public byte[] File_(string name) => File.ReadAllBytes(Path.Combine(_folder, name));

    public bool HasFile(string name) => File.Exists(Path.Combine(_folder, name));

    /// <summary>The lines behind the first that starts so, while they fit the pattern.</summary>
    public string? Line(string prefix) => _lines.FirstOrDefault(line => line.TrimStart().StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The counts that follow the given header line: <c>{'CPU': 2, …}</c>.</summary>
    public Dictionary<string, int> Counts(string after)
    {
        int at = Array.FindIndex(_lines, line => line.TrimStart().StartsWith(after, StringComparison.Ordinal));
        string line = _lines.Skip(at).First(text => text.Contains("counts {", StringComparison.Ordinal));
        return CountPattern().Matches(line).ToDictionary(
            match => match.Groups[1].Value, match => int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    /// <summary>The MADT's entries as DECODED.txt writes them, with null where it left some out.</summary>
    public List<string?> MadtLines()
    {
        int at = Array.FindIndex(_lines, line => line.StartsWith(" MADT ", StringComparison.Ordinal));
        return [.. _lines.Skip(at + 2)
            .TakeWhile(line => !line.StartsWith(" SRAT", StringComparison.Ordinal))
            .Select(line => line.StartsWith(" ...", StringComparison.Ordinal) ? null : line.Trim())];
    }

    /// <summary>The line behind the one that starts so.</summary>
    public string LineAfter(string prefix)
    {
        int at = Array.FindIndex(_lines, line => line.TrimStart().StartsWith(prefix, StringComparison.Ordinal));
        return _lines[at + 1];
    }

    public static ulong Hex(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private void PutMp()
    {
        if (Line("MPFP") is not { } pointerLine)
            return;

        Match match = PointerPattern().Match(pointerLine);
        MpPointer = Hex(match.Groups[1].Value);
        ulong ebda = Hex(match.Groups[2].Value);
        ulong top = Hex(match.Groups[3].Value);
        MpTable = Hex(match.Groups[4].Value);
        BitConverter.TryWriteBytes(Image.Low.AsSpan(0x40E), (ushort)(ebda >> 4));
        BitConverter.TryWriteBytes(Image.Low.AsSpan(0x413), (ushort)(top >> 10));
        Image.Put(MpPointer, File_("mpfp.bin"));
        Image.Put(MpTable, File_("mpct.bin"));
    }

    private void PutAcpi()
    {
        if (Line("using RSDP") is not { } rootLine)
            return;

        Match match = RootPattern().Match(rootLine);
        Rsdp = Hex(match.Groups[1].Value);
        RootTable = Hex(match.Groups[3].Value);
        HasNullEntry = Line("NULL entry") is not null;
        Image.Put(Rsdp, File_("RSDP.bin"));
        Image.Put(RootTable, File_(match.Groups[2].Value + ".bin"));
        foreach (Match table in TablePattern().Matches(Line("tables:")!))
        {
            string signature = table.Groups[1].Value;
            ulong at = Hex(table.Groups[2].Value);
            int length = int.Parse(table.Groups[3].Value, CultureInfo.InvariantCulture);
            bool hasRevision = table.Groups[4].Success; // the DSDT, which the FADT names, is printed without
            int revision = hasRevision ? int.Parse(table.Groups[4].Value, CultureInfo.InvariantCulture) : 0;
            if (HasFile(signature + ".bin"))
                Image.Put(at, File_(signature + ".bin"));
            else
                Image.Put(at, HeaderOf(signature, length, revision));
            if (hasRevision)
                Tables.Add((signature, at, length, revision));
        }
    }

    // A table that was not kept: its header is known, the rest is not.
    private static byte[] HeaderOf(string signature, int length, int revision)
    {
        byte[] header = new byte[length];
        System.Text.Encoding.ASCII.GetBytes(signature, header);
        BitConverter.TryWriteBytes(header.AsSpan(4), length);
        header[8] = (byte)revision;
        return header;
    }

    [GeneratedRegex(@"'([^']+)': (\d+)")]
    private static partial Regex CountPattern();

    [GeneratedRegex(@"@(0x[0-9a-f]+) .*EBDA=(0x[0-9a-f]+) 413:base=(0x[0-9a-f]+)\].*cfg=(0x[0-9a-f]+)")]
    private static partial Regex PointerPattern();

    [GeneratedRegex(@"RSDP (0x[0-9a-f]+) -> (RSDT|XSDT) (0x[0-9a-f]+)")]
    private static partial Regex RootPattern();

    [GeneratedRegex(@"(\w{4})@(0x[0-9a-f]+)\((\d+)(?:,rev(\d+),\w+)?\)")]
    private static partial Regex TablePattern();
}

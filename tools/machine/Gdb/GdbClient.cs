// A client of QEMU's gdb server: enough to stop a machine at an address, change its memory and let single processors run.
//
//   we ── $command#cs ─▶          one command at a time
//      ◀─ + $answer#cs ──         '+' from either side for each packet, unless the server knows QStartNoAckMode
//   we ── $vCont;c#cs ──▶         no answer …
//      ◀─ $T05thread:p1.2;#cs ──  … until the machine stops: WaitForStopAsync
//   we ── 0x03 ─────────▶         stops it
//
// A processor is a thread: number i is `p1.(i+1)` in hexadecimal.
// Sources: "Debugging with GDB", appendix E "Remote Serial Protocol"; QEMU, "GDB usage" (Qqemu.PhyMemMode).
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Machine.Gdb;

/// <summary>Controls a machine's processors and memory.</summary>
/// <remarks>One caller at a time.</remarks>
public sealed class GdbClient
{
    private const byte InterruptByte = 3;
    private const int PacketLengthMax = 1 << 16;
    private const int MemoryChunk = 1024; // as hexadecimal digits well within QEMU's packets of 4096
    private const int Resends = 3;

    private static readonly TimeSpan s_answerMax = TimeSpan.FromSeconds(30);

    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;
    private bool _wantsAcks = true;

    private GdbClient(Stream stream) => _stream = stream;

    /// <summary>Greets the server; the machine stands still meanwhile.</summary>
    public static async Task<GdbClient> ConnectAsync(Stream stream)
    {
        GdbClient client = new(stream);
        await client.AskAsync("qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+");
        client._wantsAcks = await client.AskAsync("QStartNoAckMode") != "OK"; // QEMU 10 does not know it
        return client;
    }

    /// <summary>Whether memory addresses are physical; a stopped processor's page table does not matter then.</summary>
    public Task UsePhysicalMemoryAsync(bool isPhysical) => DemandAsync($"Qqemu.PhyMemMode:{(isPhysical ? 1 : 0)}");

    /// <summary>Reads memory of the stopped machine.</summary>
    public async Task<byte[]> ReadMemoryAsync(ulong address, int length)
    {
        List<byte> bytes = [];
        while (bytes.Count < length)
        {
            int chunk = Math.Min(MemoryChunk, length - bytes.Count);
            string answer = await AskAsync($"m{address + (ulong)bytes.Count:x},{chunk:x}");
            if (answer.Length != 2 * chunk)
                throw new GdbException($"memory at {address + (ulong)bytes.Count:x} cannot be read: '{answer}'");
            bytes.AddRange(Convert.FromHexString(answer));
        }

        return [.. bytes];
    }

    /// <summary>Writes memory of the stopped machine, read-only memory included.</summary>
    public async Task WriteMemoryAsync(ulong address, ReadOnlyMemory<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += MemoryChunk)
        {
            ReadOnlyMemory<byte> chunk = bytes.Slice(at, Math.Min(MemoryChunk, bytes.Length - at));
            await DemandAsync($"M{address + (ulong)at:x},{chunk.Length:x}:{Convert.ToHexStringLower(chunk.Span)}");
        }
    }

    /// <summary>Stops the machine when a processor is about to execute <paramref name="address"/>. Nothing is written to memory.</summary>
    public Task SetBreakpointAsync(ulong address) => DemandAsync($"Z1,{address:x},1");

    /// <summary>Takes a breakpoint away: a processor that stands on it could not go on otherwise.</summary>
    public Task RemoveBreakpointAsync(ulong address) => DemandAsync($"z1,{address:x},1");

    /// <summary>Runs until a processor is about to execute <paramref name="address"/>.</summary>
    /// <returns>Where it stopped.</returns>
    public async Task<GdbStop> RunToAsync(ulong address, TimeSpan limit)
    {
        await SetBreakpointAsync(address);
        await ContinueAsync();
        GdbStop stop = await WaitForStopAsync(limit);
        await RemoveBreakpointAsync(address);
        return stop;
    }

    /// <summary>Lets all processors run.</summary>
    public Task ContinueAsync() => SendAsync("vCont;c");

    /// <summary>Lets only the given processors run; the others stand still as if their hardware had died.</summary>
    public Task ContinueOnlyAsync(IEnumerable<int> cpus) => SendAsync("vCont" + string.Concat(cpus.Select(static cpu => $";c:{Thread(cpu)}")));

    /// <summary>Stops all processors that run.</summary>
    public async Task<GdbStop> InterruptAsync()
    {
        await _stream.WriteAsync(new byte[] { InterruptByte });
        return await WaitForStopAsync(s_answerMax);
    }

    /// <summary>Waits until the machine stops.</summary>
    /// <remarks>Fails: throws <see cref="GdbException"/> when the machine ends, or does not stop within <paramref name="limit"/>.</remarks>
    public async Task<GdbStop> WaitForStopAsync(TimeSpan limit)
    {
        string answer;
        do
            answer = await ReadPacketAsync(limit);
        while (answer.StartsWith('O')); // output of the server, not a stop
        return GdbStop.Parse(answer);
    }

    private static string Thread(int cpu) => $"p1.{cpu + 1:x}";

    private async Task DemandAsync(string command)
    {
        string answer = await AskAsync(command);
        if (answer != "OK")
            throw new GdbException($"QEMU answers '{answer}' to '{command}'");
    }

    private async Task<string> AskAsync(string command)
    {
        await SendAsync(command);
        return await ReadPacketAsync(s_answerMax);
    }

    private async Task SendAsync(string command)
    {
        byte[] packet = GdbPacket.Frame(command);
        for (int attempt = 0; attempt <= Resends; attempt++)
        {
            await _stream.WriteAsync(packet);
            if (!_wantsAcks || await ReadByteAsync(s_answerMax) == '+')
                return;
        }

        throw new GdbException($"QEMU does not take '{command}'");
    }

    private async Task<string> ReadPacketAsync(TimeSpan limit)
    {
        for (int attempt = 0; attempt <= Resends; attempt++)
        {
            while (await ReadByteAsync(limit) != '$')
            {
                // Acknowledgements and noise between packets.
            }

            List<byte> body = [];
            for (byte value; (value = await ReadByteAsync(s_answerMax)) != '#' && body.Count < PacketLengthMax;)
                body.Add(value);
            byte[] checksum = [await ReadByteAsync(s_answerMax), await ReadByteAsync(s_answerMax)];
            string? data = GdbPacket.Unframe([.. body], checksum);
            if (_wantsAcks)
                await _stream.WriteAsync(data is null ? "-"u8.ToArray() : "+"u8.ToArray());
            if (data is not null)
                return data;
            if (!_wantsAcks)
                break; // nobody sends it again
        }

        throw new GdbException("QEMU's packets are damaged");
    }

    private async Task<byte> ReadByteAsync(TimeSpan limit)
    {
        if (_start == _end)
        {
            using CancellationTokenSource timer = new(limit);
            try
            {
                _start = 0;
                _end = await _stream.ReadAsync(_buffer, timer.Token);
            }
            catch (OperationCanceledException)
            {
                throw new GdbException($"QEMU's gdb server says nothing for {limit.TotalSeconds} s");
            }
            catch (IOException error)
            {
                throw new GdbException($"the connection to QEMU's gdb server is broken: {error.Message}");
            }

            if (_end == 0)
                throw new GdbException("QEMU closed its gdb server");
        }

        return _buffer[_start++];
    }
}

/// <summary>Why the machine stopped.</summary>
/// <param name="Signal">The signal's number: 5 at a breakpoint, 2 after an interrupt.</param>
/// <param name="Cpu">The processor that stopped it; null if the server does not say.</param>
public sealed record GdbStop(int Signal, int? Cpu)
{
    /// <summary>Reads a stop reply: <c>T05thread:p01.02;…</c> or <c>S05</c>.</summary>
    /// <remarks>Fails: throws <see cref="GdbException"/> when the machine has ended.</remarks>
    public static GdbStop Parse(string reply)
    {
        if (reply is not ['T' or 'S', _, _, ..] || !TryHex(reply.AsSpan(1, 2), out int signal))
            throw new GdbException($"the machine did not stop but ended: '{reply}'");

        foreach (string field in reply[3..].Split(';'))
        {
            if (field.StartsWith("thread:", StringComparison.Ordinal) && TryHex(field.AsSpan(field.LastIndexOfAny([':', '.']) + 1), out int thread))
                return new GdbStop(signal, thread - 1);
        }

        return new GdbStop(signal, null);
    }

    private static bool TryHex(ReadOnlySpan<char> text, out int value) =>
        int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}

/// <summary>The gdb server refused, fell silent or went away.</summary>
public sealed class GdbException(string message) : Exception(message);

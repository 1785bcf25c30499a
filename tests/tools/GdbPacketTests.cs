// Framing of the gdb remote protocol, and a client against a scripted server.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Commence.Machine.Gdb;
using Xunit;

namespace Commence.ToolTests;

public sealed class GdbPacketTests
{
    [Theory]
    [InlineData("OK", "$OK#9a")]
    [InlineData("", "$#00")]
    [InlineData("a}b", "$a}]b#9d")]
    public void APacketIsFramed(string data, string packet) => Assert.Equal(packet, Encoding.Latin1.GetString(GdbPacket.Frame(data)));

    [Fact]
    public void WhatIsFramedIsUnframed()
    {
        Random random = new(1);
        for (int i = 0; i < 1000; i++)
        {
            string data = new([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(256))]);
            byte[] packet = GdbPacket.Frame(data);
            Assert.Equal(data, GdbPacket.Unframe(packet.AsSpan(1..^3), packet.AsSpan(^2..)));
        }
    }

    [Theory]
    [InlineData("0* ", "7a", "0000")]  // ' ' is 32: three more
    [InlineData("OK", "9b", null)]     // checksum
    [InlineData("a}", "de", null)]     // nothing behind the escape
    [InlineData("* ", "4a", null)]     // nothing to repeat
    [InlineData("OK", "zz", null)]
    public void RepetitionsAndDamageAreSeen(string body, string checksum, string? data) =>
        Assert.Equal(data, GdbPacket.Unframe(Encoding.Latin1.GetBytes(body), Encoding.Latin1.GetBytes(checksum)));

    [Fact]
    public void AnyBytesAreTakenApartOrRefused()
    {
        Random random = new(2);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] body = new byte[random.Next(12)];
            random.NextBytes(body);
            byte sum = (byte)body.Sum(static value => value);
            GdbPacket.Unframe(body, Encoding.ASCII.GetBytes(sum.ToString("x2"))); // does not throw
        }
    }

    [Theory]
    [InlineData("T05thread:p01.02;", 5, 1)]
    [InlineData("T02thread:0c;hwbreak:;", 2, 11)]
    [InlineData("S05", 5, null)]
    public void AStopIsRead(string reply, int signal, int? cpu) => Assert.Equal(new GdbStop(signal, cpu), GdbStop.Parse(reply));

    [Theory]
    [InlineData("W00")]
    [InlineData("E01")]
    [InlineData("")]
    [InlineData("Tzz")]
    public void WhatIsNoStopIsAnError(string reply) => Assert.Throws<GdbException>(() => GdbStop.Parse(reply));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AConversation(bool hasAcks)
    {
        (GdbClient client, Task<List<string>> server) = await ConnectAsync(hasAcks, "OK", "0a0b0c", "OK", "OK", "T05thread:p01.03;", "OK");

        await client.UsePhysicalMemoryAsync(true);
        Assert.Equal([10, 11, 12], await client.ReadMemoryAsync(0xF0000, 3));
        await client.WriteMemoryAsync(0x1000, new byte[] { 0xAB, 0xCD });
        GdbStop stop = await client.RunToAsync(0xFFFF_FFFF_8020_0000, TimeSpan.FromSeconds(20));

        Assert.Equal(new GdbStop(5, 2), stop);
        Assert.Equal(
            ["Qqemu.PhyMemMode:1", "mf0000,3", "M1000,2:abcd", "Z1,ffffffff80200000,1", "vCont;c", "z1,ffffffff80200000,1"],
            await server);
    }

    [Fact]
    public async Task ARefusalIsNamed()
    {
        (GdbClient client, _) = await ConnectAsync(hasAcks: false, "E22");

        GdbException error = await Assert.ThrowsAsync<GdbException>(() => client.SetBreakpointAsync(1));
        Assert.Contains("E22", error.Message);
    }

    [Fact]
    public async Task ASilentServerIsNotWaitedForForEver()
    {
        (GdbClient client, _) = await ConnectAsync(hasAcks: false);

        await Assert.ThrowsAsync<GdbException>(() => client.WaitForStopAsync(TimeSpan.FromMilliseconds(50)));
    }

    // A server that greets and gives the answers in order. QEMU's acknowledges each packet, others need not.
    private static async Task<(GdbClient Client, Task<List<string>> Commands)> ConnectAsync(bool hasAcks, params string[] answers)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        TcpClient ours = new();
        await ours.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        TcpClient theirs = await listener.AcceptTcpClientAsync();
        Task<List<string>> commands = ServeAsync(theirs.GetStream(), hasAcks, answers);
        return (await GdbClient.ConnectAsync(ours.GetStream()), commands);
    }

    private static async Task<List<string>> ServeAsync(NetworkStream stream, bool hasAcks, string[] answers)
    {
        List<string> commands = [];
        foreach (string answer in (string[])["PacketSize=1000;multiprocess+", hasAcks ? "" : "OK"])
        {
            await ReadAsync(stream);
            await stream.WriteAsync((byte[])[(byte)'+', .. GdbPacket.Frame(answer)]);
        }

        foreach (string answer in answers)
        {
            commands.Add(await ReadAsync(stream));
            await stream.WriteAsync((byte[])[.. hasAcks ? "+"u8 : default, .. GdbPacket.Frame(answer)]);
        }

        return commands;
    }

    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        StringBuilder packet = new();
        byte[] one = new byte[1];
        while (packet.Length < 4 || packet[^3] != '#')
        {
            await stream.ReadExactlyAsync(one);
            if (one[0] != '+' || packet.Length > 0)
                packet.Append((char)one[0]);
        }

        return packet.ToString()[1..^3];
    }
}

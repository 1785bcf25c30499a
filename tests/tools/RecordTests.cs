using System;
using System.Collections.Generic;
using System.Text;
using Commence.Machine.Records;
using Xunit;

namespace Commence.ToolTests;

public sealed class RecordTests
{
    public static TheoryData<string, MachineRecord> Kinds => new()
    {
        { """{"record":"hello","version":"0.1.0","arch":"x64"}""", new HelloRecord("0.1.0", "x64") },
        { """{"record":"step","name":"setup_arch","cpu":0,"ns":123}""", new StepRecord("setup_arch", 0, 123) },
        { """{"record":"initcall","name":"Ramfs.Register","level":"fs","cpu":2,"start":5,"end":9,"result":-5}""", new InitcallRecord("Ramfs.Register", "fs", 2, 5, 9, -5) },
        { """{"record":"cpu","cpu":1,"apic":4294967295,"state":"online","reason":""}""", new CpuRecord(1, 4294967295, "online", "") },
        { """{"record":"cpu","cpu":1,"apic":1,"state":"stuck"}""", new CpuRecord(1, 1, "stuck", "") },
        {
            """{"record":"bringup","cpus":4,"prepare_ns":1,"first_init_ns":2,"last_online_ns":30000000000}""",
            new BringUpRecord(4, 1, 2, 30_000_000_000)
        },
        { """{"record":"floor","cpus":4,"arrived":3,"cycles":5,"rate_cycles":6,"rate_ticks":7}""", new FloorRecord(4, 3, 5, 6, 7) },
        { """{"record":"exit","status":139}""", new ExitRecord(139) },
        { """{"record":"panic","cpu":2,"message":"a \"b\" \u000a"}""", new PanicRecord(2, "a \"b\" \n") },
        { """{"record":"test-start","name":"Slab.Reuses"}""", new TestStartRecord("Slab.Reuses") },
        { """{"record":"test","name":"Slab.Reuses","result":"failed","detail":"1 != 2"}""", new TestRecord("Slab.Reuses", "failed", "1 != 2") },
        { """{"record":"tests-done","passed":3,"failed":1}""", new TestsDoneRecord(3, 1, 0) },
        { """{"record":"exit","status":0,"later":[1,2]}""", new ExitRecord(0) },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EachKindIsRead(string line, MachineRecord expected) => Assert.Equal(expected, RecordParser.Parse(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void AnUnknownKindIsIgnored() => Assert.Null(RecordParser.Parse("""{"record":"weather","sun":true}"""u8.ToArray()));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("Linux version")]
    [InlineData("""{"record":1}""")]
    [InlineData("""{"record":"exit"}""")]
    [InlineData("""{"record":"exit","status":256}""")]
    [InlineData("""{"record":"exit","status":-1}""")]
    [InlineData("""{"record":"exit","status":"0"}""")]
    [InlineData("""{"record":"test","name":"a","result":"maybe","detail":""}""")]
    [InlineData("""{"record":"exit","status":0}{"record":"exit","status":0}""")]
    public void AMalformedLineIsAnError(string line) =>
        Assert.Throws<FormatException>(() => RecordParser.Parse(Encoding.UTF8.GetBytes(line)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatFirmwareWritesBeforeTheFirstRecordIsSkipped(bool isShared)
    {
        RecordReader reader = new() { IsSharedWithFirmware = isShared };
        reader.Feed("BdsDxe: starting\r\n\u001b[0mWelcome\n\u001b[37m\n{\"record\":\"hello\",\"version\":\"1\",\"arch\":\"x64\"}\nlater\n"u8);

        Assert.Equal([new HelloRecord("1", "x64")], reader.Records);
        Assert.Equal(isShared ? 1 : 4, reader.Errors.Count);
    }

    [Fact]
    public void LinesMayArriveInAnyPieces()
    {
        byte[] line = Encoding.UTF8.GetBytes("{\"record\":\"exit\",\"status\":3}\r\n\n{\"record\":\"panic\",\"cpu\":0,\"message\":\"é\"}\nrest");
        for (int cut = 0; cut <= line.Length; cut++)
        {
            List<MachineRecord> heard = [];
            RecordReader reader = new() { OnRecord = heard.Add };
            reader.Feed(line.AsSpan(0, cut));
            reader.Feed(line.AsSpan(cut));
            reader.End();

            Assert.Equal([new ExitRecord(3), new PanicRecord(0, "é")], heard);
            Assert.Equal(heard, reader.Records);
            Assert.Contains("rest", Assert.Single(reader.Errors));
        }
    }
}

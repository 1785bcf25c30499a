// What the kernel makes of input that is missing or damaged: a message that names it, never a silent hang.
using System;
using System.IO;
using System.IO.Compression;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Initramfs;
using Xunit;

namespace Commence.BootTests;

public sealed class BadInputTests
{
    private static readonly Lazy<byte[]> s_fault = new(static () => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fault.elf")));

    [Fact]
    public async Task AMissingProgramIsNamed() =>
        Kernel.AssertRefused(await Kernel.RunAsync("/no/such/program", []), "Requested init /no/such/program failed (error -2).");

    [Fact]
    public async Task AMissingInitramfsIsNamed() =>
        Kernel.AssertRefused(await Kernel.RunAsync("/bin/true", [], Kernel.Machine with { Initrd = null }), "VFS: Unable to mount root fs on unknown-block(0,0)");

    public static TheoryData<string, int, byte> Damages => new()
    {
        { "magic", 0, 0 },
        { "32-bit class", 4, 1 },
        { "big-endian", 5, 2 },
        { "another machine", 18, 0xB7 },
        { "entry point in the kernel", 31, 0xFF },
        { "program headers beyond the end", 34, 0x7F },
        { "too many program headers", 57, 0xFF },
        { "segment beyond the end", 64 + 56 + 38, 0x7F },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task ADamagedProgramDoesNotRun(string damage, int offset, byte value)
    {
        byte[] program = (byte[])s_fault.Value.Clone();
        Assert.True(program[offset] != value, $"the byte at {offset} has the bad value already: {damage}");
        program[offset] = value;
        MachineResult result = await RunProgramAsync(program);

        // Either the kernel refuses to start it, or it starts and faults at once.
        Assert.True(result.Outcome is Outcome.Panicked || result.ExitStatus > 128, Kernel.Describe(result));
        Assert.Contains("/program", result.Console);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(63)]
    [InlineData(100)]
    public async Task ATruncatedProgramIsRefused(int length) =>
        Kernel.AssertRefused(await RunProgramAsync(s_fault.Value[..length]), "Requested init /program failed (error -8).");

    // What came before the damage is unpacked, so the program may run or may be missing; the damage is named either way.
    public static TheoryData<string, string> DamagedArchives => new()
    {
        { "magic", "Initramfs unpacking failed" },
        { "cut", "cpio archive: ends too early" },
        { "entry longer than the archive", "cpio archive: ends too early" },
        { "gzip cut", "gzip stream: ends too early" },
        { "gzip checksum", "gzip stream: wrong checksum" },
        { "another packer", "not supported" },
    };

    [Theory]
    [MemberData(nameof(DamagedArchives))]
    public async Task ADamagedArchiveIsNamed(string damage, string message)
    {
        MachineSpec machine = Kernel.Machine with { Initrd = Kernel.Store(Damage(damage, Archive())) };
        MachineResult result = await Kernel.RunAsync("/fault", ["call"], machine);

        Assert.True(result.Console.Contains(message, StringComparison.Ordinal), Kernel.Describe(result));
        Assert.True(result.Outcome is Outcome.Panicked or Outcome.Exited, Kernel.Describe(result));
    }

    [Fact]
    public async Task AnUnknownValueOnTheCommandLineIsNamed()
    {
        MachineResult result = await Kernel.BootAsync(Kernel.Machine with { CommandLine = "rdinit=/bin/true commence.on_init_exit=dance" });

        Assert.Contains("dance", result.Console);
        Assert.NotEqual(Outcome.TimedOut, result.Outcome);
    }

    [Fact]
    public async Task AnOpenQuoteOnTheCommandLineIsTakenToTheEnd()
    {
        MachineResult result = await Kernel.BootAsync(Kernel.Machine with { CommandLine = "rdinit=/bin/echo commence.on_init_exit=poweroff -- \"a  b" });

        Kernel.AssertExited(0, result);
        Assert.Contains("a  b", result.ConsoleLines);
    }

    [Fact]
    public async Task LessMemoryThanTheImageIsNamed()
    {
        MachineResult result = await Kernel.RunAsync("/fault", ["call"], Kernel.Machine with { Initrd = null, MemoryMiB = 3 });

        Assert.True(result.Outcome == Outcome.Halted, Kernel.Describe(result));
        Assert.Contains("Commence: memory ends before the kernel's image does", result.Console, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(12)]
    public async Task TooLittleMemoryIsNamed(int memoryMiB)
    {
        MachineSpec machine = Kernel.Machine with { Initrd = Kernel.Store(Archive()), MemoryMiB = memoryMiB };
        MachineResult result = await Kernel.RunAsync("/fault", ["call"], machine);

        // How little is too little may change; a message may not be missing.
        if (result.Outcome != Outcome.Exited)
            Kernel.AssertRefused(result, "memory");
    }

    private static Task<MachineResult> RunProgramAsync(byte[] program)
    {
        InitramfsBuilder files = new();
        files.AddFile("/program", program);
        return Kernel.RunAsync("/program", [], Kernel.Machine with { Initrd = Kernel.Pack(files) });
    }

    private static byte[] Damage(string damage, byte[] archive)
    {
        const int SizeField = 6 + 8 * 6;
        const int ChecksumFromEnd = 8;
        byte[] packed = Gzip(archive);
        switch (damage)
        {
            case "magic":
                archive[0] = (byte)'X';
                return archive;
            case "cut":
                return archive[..200];
            case "entry longer than the archive":
                "7FFFFFFF"u8.CopyTo(archive.AsSpan(SizeField));
                return archive;
            case "gzip cut":
                return packed[..(packed.Length / 2)];
            case "gzip checksum":
                packed[^ChecksumFromEnd] ^= 1;
                return packed;
            default:
                return [.. "BZh91AY&SY"u8, .. archive]; // bzip2
        }
    }

    private static byte[] Archive()
    {
        InitramfsBuilder files = new();
        files.AddFile("/fault", s_fault.Value);
        using MemoryStream archive = new();
        files.WriteTo(archive);
        return archive.ToArray();
    }

    private static byte[] Gzip(byte[] contents)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(contents);
        return packed.ToArray();
    }
}

// What the kernel makes of input that is missing or damaged: a message that names it, never a silent hang.
using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
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
        Kernel.AssertRefused(await Kernel.RunAsync("/no/such/program", []), "/no/such/program", "ENOENT");

    [Fact]
    public async Task AMissingInitramfsIsNamed() =>
        Kernel.AssertRefused(await Kernel.RunAsync("/bin/true", [], Kernel.Machine with { Initrd = null }), "/bin/true");

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
        Kernel.AssertRefused(await RunProgramAsync(s_fault.Value[..length]), "/program", "ENOEXEC");

    [Fact]
    public async Task ADamagedArchiveIsNamed()
    {
        byte[] archive = Archive();
        archive[0] = (byte)'X';
        Kernel.AssertRefused(await RunWithAsync(archive), "initramfs");
    }

    [Fact]
    public async Task ATruncatedArchiveIsNamed() =>
        Kernel.AssertRefused(await RunWithAsync(Archive()[..200]), "cpio");

    [Fact]
    public async Task AnEntryLongerThanTheArchiveIsNamed()
    {
        byte[] archive = Archive();
        "7FFFFFFF"u8.CopyTo(archive.AsSpan(6 + 8 * 6)); // the first entry's size
        Kernel.AssertRefused(await RunWithAsync(archive), "cpio");
    }

    [Fact]
    public async Task ATruncatedGzipStreamIsNamed()
    {
        byte[] archive = Gzip(Archive());
        Kernel.AssertRefused(await RunWithAsync(archive[..(archive.Length / 2)]), "gzip");
    }

    [Fact]
    public async Task ADamagedGzipStreamIsNamed()
    {
        byte[] archive = Gzip(Archive());
        archive[archive.Length - 8] ^= 1; // its checksum
        Kernel.AssertRefused(await RunWithAsync(archive), "gzip");
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

    [Theory]
    [InlineData(3)]
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

    private static Task<MachineResult> RunWithAsync(byte[] archive) =>
        Kernel.RunAsync("/fault", ["call"], Kernel.Machine with { Initrd = Kernel.Store(archive) });

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

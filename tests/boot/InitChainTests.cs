// Which program becomes process 1, on each way that there is, and what its end means. Expected texts are Linux's.
//
// Each machine's file system holds only what the way needs: a first program that is found by accident proves nothing.
using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Commence.Machine;
using Commence.Machine.Initramfs;
using Xunit;

namespace Commence.BootTests;

public sealed class InitChainTests
{
    private const string Poweroff = "commence.on_init_exit=poweroff";
    private const string NoWorkingInit =
        "No working init found.  Try passing init= option to kernel. See Linux Documentation/admin-guide/init.rst for guidance.";
    private const string NoRoot = "VFS: Unable to mount root fs on unknown-block(0,0)";

    private static readonly string s_faultPath = Path.Combine(AppContext.BaseDirectory, "fault.elf");

    private static InitramfsBuilder Busybox(params string[] links)
    {
        InitramfsBuilder files = new();
        files.AddHostFile(DefaultRootfs.BusyboxPath, DefaultRootfs.BusyboxPath);
        foreach (string link in links)
            files.AddSymbolicLink(link, DefaultRootfs.BusyboxPath);
        return files;
    }

    // A first program that says who it is.
    private static void AddScript(InitramfsBuilder files, string path, string body = "echo \"this is $0\"") =>
        files.AddFile(path, System.Text.Encoding.UTF8.GetBytes($"#!{DefaultRootfs.BusyboxPath} sh\n{body}\n"));

    private static Task<MachineResult> BootAsync(InitramfsBuilder files, string commandLine, int cpus = 1) =>
        Kernel.BootAsync(Kernel.Machine with { Initrd = Kernel.Pack(files), CommandLine = commandLine, Cpus = cpus, MemoryMiB = 64 });

    // Lines in this order, with others between them.
    private static void AssertSaysInOrder(MachineResult result, params string[] texts)
    {
        int position = 0;
        foreach (string text in texts)
        {
            position = result.Console.IndexOf(text, position, StringComparison.Ordinal);
            Assert.True(position >= 0, $"expected '{text}' here\n{Kernel.Describe(result)}");
            position += text.Length;
        }
    }

    private static void AssertPanicked(MachineResult result, string message)
    {
        Assert.True(result.Outcome == Outcome.Panicked, Kernel.Describe(result));
        Assert.Equal(message, result.PanicMessage);
    }

    [Fact]
    public async Task InitOfTheInitramfsComesFirst()
    {
        InitramfsBuilder files = Busybox("/bin/sh");
        AddScript(files, "/init");
        AddScript(files, "/sbin/init");
        MachineResult result = await BootAsync(files, $"{Poweroff} init=/sbin/init");

        AssertSaysInOrder(result, "Run /init as init process", "this is /init");
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task RdinitNamesAnotherOne()
    {
        InitramfsBuilder files = Busybox();
        AddScript(files, "/init");
        AddScript(files, "/other");
        MachineResult result = await BootAsync(files, $"{Poweroff} rdinit=/other");

        AssertSaysInOrder(result, "Run /other as init process", "this is /other");
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task AnInitThatCannotRunGivesWayToInitParameter()
    {
        InitramfsBuilder files = Busybox();
        files.AddFile("/init", [1, 2, 3], Convert.ToUInt32("644", 8)); // there, but not to be executed
        AddScript(files, "/second");
        MachineResult result = await BootAsync(files, $"{Poweroff} init=/second");

        AssertSaysInOrder(result, "Run /init as init process", "Failed to execute /init (error -13)", "Run /second as init process", "this is /second");
        Kernel.AssertExited(0, result);
    }

    [Theory]
    [InlineData("init=/missing", "Requested init /missing failed (error -2).")]
    [InlineData("init=/bin", "Requested init /bin failed (error -13).")]
    [InlineData("init=/noise", "Requested init /noise failed (error -8).")]
    [InlineData("init=/script", "Requested init /script failed (error -2).")]
    public async Task AnInitParameterThatCannotRunPanics(string parameter, string message)
    {
        InitramfsBuilder files = Busybox("/bin/sh");
        AddScript(files, "/sbin/init");
        files.AddFile("/noise", [1, 2, 3]);
        files.AddFile("/script", "#!/no/interpreter\n"u8.ToArray());
        MachineResult result = await BootAsync(files, parameter);

        AssertSaysInOrder(result, "check access for rdinit=/init failed: -2, ignoring");
        AssertPanicked(result, message);
    }

    [Fact]
    public async Task TheUsualPlacesAreTriedInOrder()
    {
        InitramfsBuilder files = Busybox("/bin/sh");
        files.AddFile("/etc/init", [1, 2, 3]);
        AddScript(files, "/bin/init");
        MachineResult result = await BootAsync(files, Poweroff);

        AssertSaysInOrder(result,
            "check access for rdinit=/init failed: -2, ignoring",
            "Run /sbin/init as init process",
            "Run /etc/init as init process",
            "Starting init: /etc/init exists but couldn't execute it (error -8)",
            "Run /bin/init as init process",
            "this is /bin/init");
        Assert.DoesNotContain("/sbin/init exists", result.Console, StringComparison.Ordinal);
        Assert.DoesNotContain("Run /bin/sh", result.Console, StringComparison.Ordinal);
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task AShellIsTheLastResort()
    {
        MachineResult result = await BootAsync(Busybox("/bin/sh"), $"{Poweroff} -- -c \"echo shell as $$; exit 7\"");

        AssertSaysInOrder(result, "Run /bin/init as init process", "Run /bin/sh as init process", "shell as 1");
        Kernel.AssertExited(7, result);
    }

    [Fact]
    public async Task WithoutAnyTheAdviceIsGiven() => AssertPanicked(await BootAsync(Busybox(), ""), NoWorkingInit);

    [Theory]
    [InlineData("root=/dev/sda1 rw", "VFS: Cannot open root device \"/dev/sda1\" or unknown-block(0,0): error -6", "read-write")]
    [InlineData("root=LABEL=x rootwait", "rootwait: there are no drivers for block devices", "read-only")]
    public async Task ARootThatCannotBeMountedPanics(string parameters, string said, string mode)
    {
        InitramfsBuilder files = Busybox("/bin/sh");
        AddScript(files, "/sbin/init");
        MachineResult result = await BootAsync(files, parameters);

        AssertSaysInOrder(result, said, mode);
        AssertPanicked(result, NoRoot);
    }

    [Fact]
    public async Task RootMeansNothingWhenTheInitramfsHasAnInit()
    {
        InitramfsBuilder files = Busybox();
        AddScript(files, "/init", "echo \"arguments: $#\"");
        MachineResult result = await BootAsync(files, $"{Poweroff} root=/dev/sda1 ro rootwait");

        AssertSaysInOrder(result, "arguments: 0"); // none of the three is passed on
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task WithoutAnInitramfsThereIsNoRoot() =>
        AssertPanicked(await Kernel.BootAsync(Kernel.Machine with { Initrd = null, MemoryMiB = 64 }), NoRoot);

    [Theory]
    [InlineData("exit 3", 0x300)]
    [InlineData("exec /fault read", 11)]
    public async Task TheEndOfProcess1Panics(string body, int status)
    {
        InitramfsBuilder files = Busybox();
        files.AddHostFile("/fault", s_faultPath);
        AddScript(files, "/init", body);

        AssertPanicked(await BootAsync(files, "", cpus: 2), $"Attempted to kill init! exitcode=0x{status:x8}");
    }

    [Theory]
    [InlineData("panic=-1", "---[ end Kernel panic", true)]
    [InlineData("panic=600", "Rebooting in 600 seconds..", false)]
    [InlineData("panic=0", "---[ end Kernel panic", false)]
    public async Task APanicRestartsTheMachine(string parameter, string said, bool isAtOnce)
    {
        InitramfsBuilder files = Busybox();
        AddScript(files, "/init", "exit 1");
        MachineResult result = await BootAsync(files, parameter, cpus: 2);

        AssertPanicked(result, "Attempted to kill init! exitcode=0x00000100");
        AssertSaysInOrder(result, said);
        Assert.Equal(isAtOnce, result.WasReset);
    }

    [Fact]
    public async Task OrphansAreAdoptedAndReaped()
    {
        InitramfsBuilder files = Busybox("/bin/grep", "/bin/sleep", "/bin/mount");
        files.AddDirectory("/proc");
        // The one between the two ends at once; the last one waits, at most some seconds, until it is process 1's.
        AddScript(files, "/orphan", """
            i=0
            until grep -q '^PPid:.1$' /proc/$$/status; do
                i=$((i + 1))
                [ $i -gt 100 ] && exit 1
                sleep 0.1
            done
            echo "adopted by 1" >/adopted
            """);
        AddScript(files, "/parent", "/orphan & echo $! >/number");
        AddScript(files, "/init", """
            mount -t proc none /proc
            /parent
            i=0
            while [ ! -s /adopted ] || [ -d /proc/$(read n </number; echo $n) ]; do
                i=$((i + 1))
                [ $i -gt 150 ] && exit 1
                sleep 0.1 # waiting for it, the shell reaps what else has ended
            done
            read line </adopted
            echo "$line, and gone"
            """);
        MachineResult result = await BootAsync(files, $"{Poweroff} PATH=/bin", cpus: 2);

        AssertSaysInOrder(result, "adopted by 1, and gone");
        Kernel.AssertExited(0, result);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheConsoleIsOpenThreeTimes(bool isCovered)
    {
        InitramfsBuilder files = Busybox("/bin/readlink", "/bin/mount");
        files.AddDirectory("/proc");
        if (isCovered)
            files.AddDirectory("/dev/console"); // an archive may put anything there
        AddScript(files, "/init", """
            mount -t proc none /proc
            for i in 0 1 2; do echo "fd $i: $(readlink /proc/1/fd/$i)"; done
            """);
        MachineResult result = await BootAsync(files, $"{Poweroff} PATH=/bin");

        Assert.Equal(isCovered, result.Console.Contains("Warning: unable to open an initial console", StringComparison.Ordinal));
        if (!isCovered)
            AssertSaysInOrder(result, "fd 0: /dev/console", "fd 1: /dev/console", "fd 2: /dev/console");
        Assert.Equal(3, result.ConsoleLines.Count(static line => line.StartsWith("fd ", StringComparison.Ordinal)));
        Kernel.AssertExited(0, result);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AnotherRootTakesTheInitramfssPlace(int cpus)
    {
        InitramfsBuilder files = Busybox("/bin/mount", "/bin/mkdir", "/bin/cp", "/bin/switch_root", "/bin/cat", "/bin/ls", "/bin/stat", "/bin/grep");
        files.AddDirectory("/new");
        files.AddDirectory("/proc");
        AddScript(files, "/new-init", """
            mount -t proc none /proc
            echo "process $$ with $*"
            echo "files: $(ls -x /)"
            echo "root: $(stat -f -c %t /)"
            grep ' / ' /proc/mounts
            cat /proc/1/cmdline; echo
            """);
        AddScript(files, "/init", """
            echo "root: $(stat -f -c %t /)"
            mount -t tmpfs none /new
            mkdir -p /new/bin /new/dev /new/proc /new/sbin
            cp /bin/busybox /new/bin/
            for name in cat grep ls mount stat sh; do cp -d /bin/$name /new/bin/; done
            cp /new-init /new/sbin/init
            mount -t devtmpfs none /new/dev
            exec switch_root -c /dev/console /new /sbin/init one two
            """);
        MachineResult result = await BootAsync(files, $"{Poweroff} PATH=/bin", cpus);

        AssertSaysInOrder(result,
            "root: 858458f6",     // ramfs: what switch_root asks for before it deletes everything
            "process 1 with one two",
            "files: bin", "root: 1021994",
            "tmpfs / tmpfs rw");
        Assert.DoesNotContain("new-init", string.Join('\n', result.ConsoleLines.SkipWhile(static line => !line.StartsWith("files:", StringComparison.Ordinal))), StringComparison.Ordinal);
        Kernel.AssertExited(0, result);
    }

    [Fact]
    public async Task MemoryIsAccountedForAndGivenBack()
    {
        InitramfsBuilder files = Busybox("/bin/mount", "/bin/cat");
        files.AddDirectory("/proc");
        AddScript(files, "/init", """
            mount -t proc none /proc
            echo "limit: $(ulimit -u)"
            echo "threads: $(cat /proc/sys/kernel/threads-max)"
            cat /proc/meminfo
            """);
        MachineResult result = await BootAsync(files, $"{Poweroff} PATH=/bin");

        Kernel.AssertExited(0, result);
        Match memory = Regex.Match(
            result.Console,
            @"Memory: (\d+)K/(\d+)K available \((\d+)K kernel code, (\d+)K rwdata, (\d+)K rodata, (\d+)K init, (\d+)K bss, (\d+)K reserved, 0K cma-reserved\)");
        Assert.True(memory.Success, Kernel.Describe(result));
        long Of(int group) => long.Parse(memory.Groups[group].ValueSpan);
        long image = Of(3) + Of(4) + Of(5) + Of(6) + Of(7);
        Assert.InRange(Of(2), 63 * 1024, 64 * 1024);
        Assert.InRange(Of(8), image, Of(2) - Of(1));      // the image is among what is reserved, and that is not available
        long freed = Number(result, @"Freeing unused kernel image \(initmem\) memory: (\d+)K");
        Assert.Equal(Of(6), freed);

        // What is managed now is what was not reserved, and what has been given back.
        long total = Number(result, @"MemTotal: +(\d+) kB");
        Assert.InRange(total - (Of(2) - Of(8)) - freed - Number(result, @"Freeing initrd memory: (\d+)K"), -1, 1);
        Assert.InRange(Number(result, @"threads: (\d+)"), (Of(2) - Of(8)) / 4 / 32 - 1, total / 4 / 32);
        Assert.Equal(Number(result, @"threads: (\d+)") / 2, Number(result, @"limit: (\d+)"));
    }

    [Fact]
    public async Task AUserMayNotHaveMoreTasksThanTheLimit()
    {
        InitramfsBuilder files = Busybox("/bin/sh", "/bin/su", "/bin/sleep", "/bin/true");
        files.AddText("/etc/passwd", "root:x:0:0::/:/bin/sh\nu:x:1000:1000::/:/bin/sh\n");
        files.AddText("/etc/group", "root:x:0:\nu:x:1000:\n");
        // The shell itself and two sleepers are three.
        AddScript(files, "/init", """
            ulimit -u 3
            for i in 1 2 3 4; do sleep 100 & done
            echo "the superuser has more"
            su u -c 'sleep 100 & sleep 100 & echo two more; sleep 100 & echo a third'
            """);
        MachineResult result = await BootAsync(files, $"{Poweroff} PATH=/bin");

        AssertSaysInOrder(result, "the superuser has more", "two more", "can't fork: Resource temporarily unavailable");
        Assert.DoesNotContain("a third", result.ConsoleLines);
    }

    private static long Number(MachineResult result, string pattern)
    {
        Match match = Regex.Match(result.Console, pattern);
        Assert.True(match.Success, $"no {pattern}\n{Kernel.Describe(result)}");
        return long.Parse(match.Groups[1].ValueSpan);
    }
}

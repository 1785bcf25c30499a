// Runs the tests one after the other, each as a thread of its own, and reports them on the record line.
//
//   pid 1:   test-start ─▶ thread of the test ─▶ its end, or the time limit ─▶ test … tests-done ─▶ power off
//
// Parameters of the test image: commence.tests=TEXT runs the tests whose name contains TEXT; ktest.repeat=N runs all N times;
// ktest.panic=NAME fails in that way instead (Panics/Scenarios.cs).
using System;
using Commence.Debug;
using Commence.Init;
using Commence.Lib;
using Commence.Sched;
using Commence.Smp;
using Commence.Time;

namespace Commence.Testing;

/// <summary>The run.</summary>
internal sealed class TestRun : KernelTestRun
{
    private static int s_passed;
    private static int s_failed;
    private static int s_skipped;

    /// <inheritdoc/>
    public override void Run()
    {
        CommandLine parameters = new(BootInformation.CommandLine);
        Scenarios.RunIfWanted(parameters);
        _ = parameters.TryGetValue("commence.tests"u8, out ReadOnlySpan<byte> filter); // empty: all
        int rounds = 1;
        if (parameters.TryGetValue("ktest.repeat"u8, out ReadOnlySpan<byte> text) && NumberParser.TryParse(text, out ulong value))
            rounds = (int)value;

        bool canGoOn = true;
        for (int round = 0; round < rounds && canGoOn; round++)
            canGoOn = TryRunAll(filter);
        Finish();
    }

    // False after a test that did not end: what it left running would disturb the others.
    private static bool TryRunAll(ReadOnlySpan<byte> filter)
    {
        for (int i = 0; i < KernelTestTable.Count; i++)
        {
            ReadOnlySpan<byte> name = KernelTestTable.Name(i);
            if (filter.Length != 0 && name.IndexOf(filter) < 0)
                continue;
            if (!TryRunOne(i, name))
                return false;
        }

        return true;
    }

    private static bool TryRunOne(int index, ReadOnlySpan<byte> name)
    {
        if (Processors.OnlineCount < KernelTestTable.MinimumCpus(index))
        {
            s_skipped++;
            Report(name, "skipped"u8, "needs more processors"u8);
            return true;
        }

        Announce(index, name);
        ulong begin = Clock.Monotonic().Value;
        TestThread.RunToEnd(index);
        bool hasEnded = TestThread.HasEnded;
        if (TestThread.HasFailed)
            s_failed++;
        else
            s_passed++;
        Report(name, TestThread.HasFailed ? "failed"u8 : "passed"u8, TestThread.Failure);
        Printk.Info($"test: {name}: {(TestThread.HasFailed ? "FAILED "u8 : "passed"u8)}{TestThread.Failure} ({(Clock.Monotonic().Value - begin) / 1_000_000} ms)");
        return hasEnded;
    }

    // On the console too: whoever reads a log that ends here knows which test hangs.
    private static void Announce(int index, ReadOnlySpan<byte> name)
    {
        Printk.Info($"test {index + 1} of {KernelTestTable.Count}: {name}");
        Record record = new("test-start"u8);
        record.Add("name"u8, name);
        record.Send();
    }

    private static void Report(ReadOnlySpan<byte> name, ReadOnlySpan<byte> result, ReadOnlySpan<byte> detail)
    {
        Record record = new("test"u8);
        record.Add("name"u8, name);
        record.Add("result"u8, result);
        record.Add("detail"u8, detail);
        record.Send();
    }

    private static void Finish()
    {
        Printk.Info($"tests: {s_passed} passed, {s_failed} failed, {s_skipped} skipped");
        Record record = new("tests-done"u8);
        record.Add("passed"u8, s_passed);
        record.Add("failed"u8, s_failed);
        record.Add("skipped"u8, s_skipped);
        record.Send();
        MachineEnd.PowerOff();
    }
}

using System;
using System.Diagnostics;
using System.Linq;
using Commence.Abi;
using Commence.Fs;
using Commence.Sched;
using Commence.Signals;
using Commence.Terminals;
using Commence.Tests.Sched;
using Xunit;

namespace Commence.Tests.Terminals;

public class TtyTests
{
    private readonly RecordingPort _port = new();

    private Tty NewTty() => new(_port, TtyDevices.FirstSerialLine);

    private static TtyFile Open(Tty tty, OpenFlags flags = OpenFlags.ReadWrite, bool isConsole = false)
    {
        Result<TtyFile> opened = TtyFile.Open(tty, default, flags, isConsole);
        Assert.True(opened.IsOk);
        return opened.Value;
    }

    private static (string Text, Errno Error) Read(TtyFile file, int length = 4096)
    {
        byte[] bytes = new byte[length];
        IoBuffer buffer = IoBuffer.OfKernel(bytes);
        long position = 0;
        Result<long> read = file.Read(ref buffer, ref position);
        return read.IsOk ? (Settings.Text(bytes.AsSpan(0, (int)read.Value)), Errno.None) : ("", read.Error);
    }

    private static (long Count, Errno Error) Write(TtyFile file, string text)
    {
        IoBuffer buffer = IoBuffer.OfKernelSource(Settings.Bytes(text));
        long position = 0;
        Result<long> written = file.Write(ref buffer, ref position);
        return written.IsOk ? (written.Value, Errno.None) : (0, written.Error);
    }

    private static void Set(Tty tty, TtyFile file, Termios termios, SettingsChange when = SettingsChange.Now)
    {
        Termios2 settings = new() { Basic = termios };
        Assert.Equal(Errno.None, tty.SetSettings(in settings, when, file));
    }

    private static void Type(Tty tty, string keys) => tty.Receive(Settings.Bytes(keys));

    private static void WaitUntilAsleep(KernelThread thread) =>
        HostedKernel.WaitUntil(() => thread.Task.State == TaskState.Interruptible, "it waits");

    [Fact]
    public void AReaderWaitsForALine() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        string text = "";
        KernelThread reader = HostedKernel.Spawn(() => text = Read(file).Text);
        WaitUntilAsleep(reader);
        Type(tty, "echo h");
        Type(tty, "x\x7Fi");
        WaitUntilAsleep(reader);
        Type(tty, "\r");
        reader.Join();
        Assert.Equal("echo hi\n", text);
        Assert.Equal("echo hx\b \bi\r\n", _port.Text);
    });

    [Fact]
    public void ALineLongerThanAPieceIsOneRead() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        string line = string.Concat(Enumerable.Range(0, 300).Select(i => (char)('a' + (i % 26))));
        Type(tty, line + "\nnext\n");
        Assert.Equal(line + "\n", Read(file).Text);
        Assert.Equal("ne", Read(file, 2).Text);
        Assert.Equal("xt\n", Read(file).Text);
    });

    [Fact]
    public void EachLineGoesToOneReader() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        string[] texts = new string[4];
        KernelThread[] readers = [.. Enumerable.Range(0, texts.Length).Select(i => HostedKernel.Spawn(() => texts[i] = Read(file).Text))];
        for (int i = 0; i < texts.Length; i++)
            Type(tty, $"{i} {new string('x', 500)}\n");
        foreach (KernelThread reader in readers)
            reader.Join();
        Assert.All(texts, text => Assert.Equal(503, text.Length));
        Assert.Equal("0123", string.Concat(texts.Select(text => text[0]).Order()));
    });

    [Fact]
    public void EndOfFileEndsARead() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Type(tty, "\x04");
        Assert.Equal(("", Errno.None), Read(file));
    });

    [Fact]
    public void WhoMayNotWaitIsTold() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty, OpenFlags.ReadWrite | OpenFlags.O_NONBLOCK);
        Assert.Equal(("", Errno.EAGAIN), Read(file));
        Type(tty, "half");
        Assert.Equal(("", Errno.EAGAIN), Read(file));
        Type(tty, "\n");
        Assert.Equal(("half\n", Errno.None), Read(file));
        Set(tty, file, Settings.Raw(0, 0));
        Assert.Equal(("", Errno.None), Read(file)); // nothing is what it asked for
    });

    [Fact]
    public void ASignalEndsTheWait() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Errno error = Errno.None;
        KernelThread reader = HostedKernel.Spawn(() => error = Read(file).Error);
        WaitUntilAsleep(reader);
        reader.Task.AddWork(TaskWork.Signal);
        Scheduler.WakeUp(reader.Task, TaskState.Interruptible);
        reader.Join();
        Assert.Equal(Restart.System, error);
    });

    [Fact]
    public void MinBytesAreWaitedFor() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Set(tty, file, Settings.Raw(3, 0));
        string text = "";
        KernelThread reader = HostedKernel.Spawn(() => text = Read(file).Text);
        foreach (string key in new[] { "a", "\n" })
        {
            WaitUntilAsleep(reader);
            Type(tty, key);
        }

        WaitUntilAsleep(reader);
        Type(tty, "cd");
        reader.Join();
        Assert.Equal("a\ncd", text);
        Assert.Equal("", _port.Text);
    });

    [Fact]
    public void APauseEndsAReadThatHasSomething() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Set(tty, file, Settings.Raw(10, 1));
        string text = "";
        KernelThread reader = HostedKernel.Spawn(() => text = Read(file).Text);
        WaitUntilAsleep(reader);
        Scheduler.Sleep(Nanoseconds.FromMilliseconds(150)); // no time runs before the first byte
        Assert.Equal("", text);
        Type(tty, "\x1B[");
        reader.Join();
        Assert.Equal("\x1B[", text);
    });

    [Fact]
    public void TimeWithoutMinEndsAnEmptyRead() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Set(tty, file, Settings.Raw(0, 2));
        Stopwatch elapsed = Stopwatch.StartNew();
        Assert.Equal(("", Errno.None), Read(file));
        Assert.InRange(elapsed.ElapsedMilliseconds, 190, 20_000);
    });

    [Fact]
    public void NewSettingsWakeAReader() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        string text = "";
        KernelThread reader = HostedKernel.Spawn(() => text = Read(file).Text);
        WaitUntilAsleep(reader);
        Type(tty, "half");
        Set(tty, file, Settings.Raw(1, 0));
        reader.Join();
        Assert.Equal("half", text);
    });

    [Fact]
    public void AStoppedTerminalHoldsOutput() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Type(tty, "\x13");
        Assert.Equal((5L, Errno.None), Write(file, "held\n"));
        Assert.Equal("", _port.Text);
        Assert.Equal(6, tty.CountHeld());
        Type(tty, "\x11");
        Assert.Equal("held\r\n", _port.Text);
        Assert.Equal(0, tty.CountHeld());
    });

    [Fact]
    public void AStoppedTerminalMakesWritersWait() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        TtyFile impatient = Open(tty, OpenFlags.ReadWrite | OpenFlags.O_NONBLOCK);
        Type(tty, "\x13");
        string much = new('m', 3000);
        KernelThread writer = HostedKernel.Spawn(() => Assert.Equal((3000L, Errno.None), Write(file, much)));
        WaitUntilAsleep(writer);
        Assert.Equal(PollEvents.None, file.Poll(null) & PollEvents.Writable);
        Assert.Equal((0L, Errno.EAGAIN), Write(impatient, "x"));
        Assert.Equal("", _port.Text);
        Type(tty, "\x11");
        writer.Join();
        Assert.Equal(much, _port.Text);
    });

    [Fact]
    public void AnInterruptThrowsHeldOutputAway() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Type(tty, "\x13");
        Write(file, "never seen");
        Type(tty, "\x03");
        Write(file, "\n");
        Assert.Equal("^C\r\n", _port.Text);
    });

    [Fact]
    public void StartDoesNotUndoACall() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        tty.ControlFlow(FlowAction.StopOutput);
        Write(file, "x");
        Type(tty, "\x11");
        Assert.Equal("", _port.Text);
        tty.ControlFlow(FlowAction.StartOutput);
        Assert.Equal("x", _port.Text);
        tty.ControlFlow(FlowAction.StopInput);
        Assert.Equal("x\x13", _port.Text);
    });

    [Fact]
    public void OutputCannotStayStoppedWithoutItsCharacters() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Type(tty, "\x13");
        Write(file, "x");
        Set(tty, file, Settings.Raw(1, 0));
        Assert.Equal("x", _port.Text);
    });

    [Fact]
    public void SettingsWaitForOutput() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Type(tty, "old\n\x13");
        Write(file, "x");
        KernelThread setter = HostedKernel.Spawn(() => Set(tty, file, Settings.Raw(1, 0), SettingsChange.AfterOutputWithoutInput));
        WaitUntilAsleep(setter);
        Type(tty, "\x11");
        setter.Join();
        Assert.Equal(0, tty.CountReadable());
        Assert.EndsWith("x", _port.Text);
    });

    [Fact]
    public void SpeedsFollowTheControlModes() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        tty.GetSettings(out Termios2 settings);
        Assert.Equal(115200u, settings.OutputSpeed);
        settings.Basic.Control = (settings.Basic.Control & ~ControlModes.SpeedMask) | 0xD;
        Assert.Equal(Errno.None, tty.SetSettings(in settings, SettingsChange.Now, file));
        tty.GetSettings(out settings);
        Assert.Equal((9600u, 9600u), (settings.InputSpeed, settings.OutputSpeed));
    });

    [Fact]
    public void PollTellsOfLinesAndOfMinBytes() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        Assert.Equal(PollEvents.Writable, file.Poll(null));
        Type(tty, "a");
        Assert.Equal(PollEvents.Writable, file.Poll(null));
        Type(tty, "\n");
        Assert.Equal(PollEvents.Writable | PollEvents.Readable, file.Poll(null));
        Read(file);
        Set(tty, file, Settings.Raw(2, 0));
        Type(tty, "a");
        Assert.Equal(PollEvents.Writable, file.Poll(null));
        Type(tty, "b");
        Assert.Equal(PollEvents.Writable | PollEvents.Readable, file.Poll(null));
    });

    [Fact]
    public void PollersAreWoken() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        PollTable table = new();
        Assert.Equal(PollEvents.Writable, file.Poll(table));
        KernelThread typist = HostedKernel.Spawn(() => Type(tty, "\n"));
        Assert.Equal(WaitResult.Met, table.Wait(Nanoseconds.MaxValue));
        typist.Join();
        Assert.NotEqual(PollEvents.None, file.Poll(null) & PollEvents.Readable);
        table.Free();
    });

    [Fact]
    public void AHangUpEndsAllUseButTheConsoles() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        TtyFile console = Open(tty, isConsole: true);
        string text = "?";
        KernelThread reader = HostedKernel.Spawn(() => text = Read(file).Text);
        WaitUntilAsleep(reader);
        tty.HangUp();
        reader.Join();
        Assert.Equal("", text);
        Assert.Equal(("", Errno.None), Read(file));
        Assert.Equal((0L, Errno.EIO), Write(file, "x"));
        Assert.Equal(PollEvents.Readable | PollEvents.Writable | PollEvents.Always, file.Poll(null));
        Assert.Equal(Errno.EIO, file.Ioctl(IoctlRequest.TCGETS, 0).Error);
        Assert.Equal(Errno.ENOTTY, file.Ioctl(IoctlRequest.TIOCSPGRP, 0).Error);
        Assert.Equal((2L, Errno.None), Write(console, "ok"));
        Assert.Equal((1L, Errno.None), Write(Open(tty), "!"));
        Assert.Equal("ok!", _port.Text);
    });

    // A script that is typed faster than its reader reads: nothing of it may be lost.
    [Fact]
    public void InputWaitsForReaders() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        const int Lines = 2000;
        KernelThread typist = HostedKernel.Spawn(() =>
        {
            for (int i = 0; i < Lines; i++)
                Type(tty, $"line {i}\n");
        });
        for (int i = 0; i < Lines; i++)
            Assert.Equal($"line {i}\n", Read(file).Text);
        typist.Join();
    });

    [Fact]
    public void WritesAreNotMixed() => HostedKernel.Run(() =>
    {
        Tty tty = NewTty();
        TtyFile file = Open(tty);
        const int Writers = 4;
        KernelThread[] writers = [.. Enumerable.Range(0, Writers).Select(i => HostedKernel.Spawn(() =>
            Assert.Equal((1000L, Errno.None), Write(file, new string((char)('a' + i), 999) + "\n"))))];
        foreach (KernelThread writer in writers)
            writer.Join();
        Assert.All(_port.Text.TrimEnd().Split("\r\n"), line => Assert.Single(line.Distinct()));
    });

    [Fact]
    public void RequestsThatATerminalDoesNotKnow() => HostedKernel.Run(() =>
    {
        TtyFile file = Open(NewTty());
        Assert.Equal(Errno.ENOTTY, file.Ioctl(0x1234, 0).Error);
        Assert.Equal(Errno.EIO, file.Ioctl(IoctlRequest.TIOCSTI, 0).Error);
        Assert.Equal(Errno.EINVAL, file.Ioctl(IoctlRequest.TCFLSH, 3).Error);
        Assert.Equal(Errno.EINVAL, file.Ioctl(IoctlRequest.TCXONC, 4).Error);
        Assert.Equal(Errno.ESPIPE, file.Seek(0, SeekOrigin.Start).Error);
    });
}

// Process 1: the first program, and what it means when it ends.
//
//   pid 1 as a kernel thread ─▶ a process with the console open ─▶ rdinit= or /init ─▶ init=, or panic
//                                        not there: RootMount ─────┘  fails  └▶ /sbin/init, /etc/init, /bin/init, /bin/sh ─▶ panic
//
// Source: Linux Documentation/admin-guide/init.rst and kernel-parameters.txt (init=, rdinit=; what is passed on to init).
using System;
using System.Diagnostics.CodeAnalysis;
using Commence.Abi;
using Commence.Fs;
using Commence.Init;
using Commence.Lib;
using Commence.Memory;
using Commence.Sched;
using Commence.Signals;
using Commence.Terminals;

namespace Commence.Processes;

/// <summary>The first process.</summary>
public static class InitProcess
{
    /// <summary>What the end of pid 1 does.</summary>
    internal enum EndAction
    {
        /// <summary>Panics, as Linux does.</summary>
        Panic,

        /// <summary>Is reported and switches the machine off: for running one program in a machine of its own.</summary>
        Poweroff,
    }

    /// <summary>What the end of pid 1 does.</summary>
    [KernelParameter("commence.on_init_exit", Help = "what the end of the first program does; poweroff also reports its exit status")]
    internal static EndAction OnExit { get; set; }

    [KernelParameter("init", Help = "path of the first program; if it cannot be run the kernel panics")]
    internal static ParameterText GivenInit;

    [KernelParameter("rdinit", Help = "path of the first program in the initramfs, tried before init= and the usual places")]
    internal static ParameterText GivenRamdiskInit;

    /// <summary>Makes the calling kernel thread, which has number 1, the first program.</summary>
    /// <param name="commandLine">The kernel's: it names the program and its arguments.</param>
    /// <remarks>Context: thread. Never returns: without a program that can be run it panics.</remarks>
    [DoesNotReturn]
    public static void Start(ReadOnlySpan<byte> commandLine)
    {
        UserThread self = BecomeProcess();
        Errno error = ConsoleTerminal.ConsoleOnRootfs(self.Files!, RootFs.View);
        if (error != Errno.None)
            Printk.Error($"Warning: unable to open an initial console: {error.Name()}");
        BootStep.Done("console_on_rootfs"u8);
        InitArguments arguments = InitArguments.Read(commandLine);

        TryRamdiskInit(self, GivenRamdiskInit.IsGiven ? GivenRamdiskInit.Text : "/init"u8, in arguments);
        if (GivenInit.IsGiven)
        {
            error = TryRun(self, GivenInit.Text, in arguments);
            Panic.Now($"Requested init {GivenInit.Text} failed (error {-(int)error}).");
        }

        TryDefault(self, "/sbin/init"u8, in arguments);
        TryDefault(self, "/etc/init"u8, in arguments);
        TryDefault(self, "/bin/init"u8, in arguments);
        TryDefault(self, "/bin/sh"u8, in arguments);
        Panic.Now($"No working init found.  Try passing init= option to kernel. See Linux Documentation/admin-guide/init.rst for guidance.");
    }

    /// <summary>Process 1 ends, which nothing can go on without.</summary>
    /// <remarks>Context: its last thread. Never returns.</remarks>
    [DoesNotReturn]
    internal static void OnEnd(WaitStatus status)
    {
        if (OnExit == EndAction.Poweroff)
        {
            MachineEnd.ReportExit(status.ShellCode);
            MachineEnd.PowerOff();
        }

        Panic.Now($"Attempted to kill init! exitcode=0x{status.Raw:x8}");
    }

    private static UserThread BecomeProcess()
    {
        Task task = Task.Current;
        Bug.On(task.Pid != 1);
        SignalHandlers? handlers = SignalHandlers.TryMake();
        Process? process = handlers is null ? null : Process.TryMake(handlers, memory: null);
        UserThread? thread = process is null ? null : UserThread.TryMake(process);
        Session? session = Session.TryMake(leader: null);
        UserAccount? account = UserAccount.TryEnter(userId: 0);
        if (thread is null || session is null || account is null || !TryAttachFiles(thread))
        {
            Panic.Now($"no memory for the first process");
            return null!;
        }

        thread.Account = account;
        process!.Limits.SetDefaults(TaskLimit.Max);
        process.IsUnkillable = true;
        thread.Attach(task);
        task.RemoveFlags(TaskFlags.KernelThread);
        ProcessCreation.PublishFirst(thread, session);
        session.Put(); // its group has a use
        ProcessTree.Init = process;
        return thread;
    }

    private static bool TryAttachFiles(UserThread thread)
    {
        thread.Files = FileTable.TryMake();
        thread.FileSystemView = RootFs.Context.TryCopy();
        return thread.Files is not null && thread.FileSystemView is not null;
    }

    private static void TryRamdiskInit(UserThread self, ReadOnlySpan<byte> path, in InitArguments arguments)
    {
        Result<Path> found = Vfs.Resolve(RootFs.View, default, path, WalkFlags.FollowLast);
        if (!found.IsOk)
        {
            Printk.Warning($"check access for rdinit={path} failed: {-(int)found.Error}, ignoring");
            RootMount.PrepareNamespace();
            return;
        }

        found.Value.Put();
        Errno error = TryRun(self, path, in arguments);
        Printk.Error($"Failed to execute {path} (error {-(int)error})");
    }

    private static void TryDefault(UserThread self, ReadOnlySpan<byte> path, in InitArguments arguments)
    {
        Errno error = TryRun(self, path, in arguments);
        if (error != Errno.ENOENT)
            Printk.Error($"Starting init: {path} exists but couldn't execute it (error {-(int)error})");
    }

    // Returns only if the program cannot be run.
    private static Errno TryRun(UserThread self, ReadOnlySpan<byte> path, in InitArguments arguments)
    {
        Printk.Info($"Run {path} as init process");
        Errno error = arguments.TryMakeLists(path, out KBuffer texts, out KernelStrings list, out KernelStrings environment);
        if (error != Errno.None)
            return error;

        FsView view = new(RootFs.Mounts, self.FileSystemView!, in self.Credentials);
        error = Exec.Run(in view, default, path, WalkFlags.FollowLast, in list, in environment, ref self.Start);
        texts.Free();
        if (error != Errno.None)
            return error;

        BootStep.Done("run_init"u8);
        self.EnterUser();
        return Errno.None;
    }
}

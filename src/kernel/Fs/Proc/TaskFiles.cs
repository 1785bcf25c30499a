// Files of a process that are numbers: stat, statm, status.
//
// Source: Linux man-pages, proc_pid_stat(5), proc_pid_statm(5), proc_pid_status(5).
using System;
using Commence.Abi;
using Commence.Lib;
using Commence.Mm;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Fs;

/// <summary><c>stat</c>: one line of 52 fields.</summary>
internal sealed class TaskStat : ProcFile
{
    private const int PriorityOffset = 20; // what nice 0 is shown as

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "stat"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        Task task = text.Subject;
        TaskSnapshot.Take(task, text.IsThread, out TaskSnapshot now);
        bool mayInspect = ProcSubject.MayInspect(task);
        ref TextWriter line = ref text.Out;

        // 1 pid … 8 tpgid
        line.Append($"{task.Pid} ({task.Name}) {(char)now.State} {now.ParentPid} {now.GroupNumber} {now.SessionNumber} ");
        line.Append($"{now.TerminalDevice} {now.ForegroundGroup} ");

        // 9 flags, 10 minflt, 11 cminflt, 12 majflt, 13 cmajflt, 14 utime, 15 stime, 16 cutime, 17 cstime
        line.Append($"{(uint)task.Flags} {now.Used.MinorFaults} {now.Children.MinorFaults} {now.Used.MajorFaults} {now.Children.MajorFaults} ");
        line.Append($"{now.Used.UserTicks} {now.Used.SystemTicks} {now.Children.UserTicks} {now.Children.SystemTicks} ");

        // 18 priority, 19 nice, 20 num_threads, 21 (0), 22 starttime, 23 vsize, 24 rss, 25 rsslim
        int priority = task.IsRealTime ? -1 - task.RealTimePriority : PriorityOffset + task.Nice;
        line.Append($"{priority} {task.Nice} {now.ThreadCount} 0 {task.StartTime.Value / ProcFormat.UserTickNs} ");
        line.Append($"{now.Memory.TotalPages << Limits.PageShift} {now.Memory.ResidentPages} {now.ResidentLimit} ");

        // 26 startcode … 30 kstkeip: where code and stack lie is not kept; 31 signal, 32 blocked, 33 sigignore, 34 sigcatch
        line.Append($"0 0 0 0 0 {now.Pending & int.MaxValue} {now.Blocked & int.MaxValue} {now.Ignored & int.MaxValue} {now.Caught & int.MaxValue} ");

        // 35 wchan, 36, 37, 38 exit_signal, 39 processor, 40 rt_priority, 41 policy, 42 … 44
        line.Append($"0 0 0 {now.ExitSignal} {task.Cpu.Value} {task.RealTimePriority} {(uint)task.Policy} 0 0 0 ");

        // 45 start_data, 46 end_data, 47 start_brk, 48 arg_start, 49 arg_end, 50 env_start, 51 env_end, 52 exit_code
        ArgumentArea strings = mayInspect ? now.Arguments : default;
        line.Append($"0 0 0 {strings.ArgumentsStart.Value} {strings.ArgumentsEnd.Value} ");
        line.Append($"{strings.EnvironmentStart.Value} {strings.EnvironmentEnd.Value} {(mayInspect ? now.ExitStatus : 0)}\n");
        return Errno.None;
    }
}

/// <summary><c>statm</c>: sizes in pages.</summary>
internal sealed class MemorySizes : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "statm"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        TaskSnapshot.Take(text.Subject, text.IsThread, out TaskSnapshot now);
        VmStatistics memory = now.Memory;
        ulong shared = memory.ResidentPages - Math.Min(memory.ResidentPages, memory.AnonymousPages);
        text.Out.Append($"{memory.TotalPages} {memory.ResidentPages} {shared} {memory.ExecutablePages} 0 {memory.DataPages + memory.StackPages} 0\n");
        return Errno.None;
    }
}

/// <summary><c>status</c>: the same and more, a line each. What the kernel does not have is left out.</summary>
internal sealed class TaskStatus : ProcFile
{
    private const ulong AllCapabilities = 0x1FF_FFFF_FFFF; // of Linux 6.12: CAP_LAST_CAP is 40

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "status"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        Task task = text.Subject;
        TaskSnapshot.Take(task, text.IsThread, out TaskSnapshot now);
        text.Out.Append("Name:\t"u8);
        ProcFormat.AppendEscaped(ref text.Out, task.Name);
        text.Out.Append((byte)'\n');
        AppendMask(ref text.Out, task);
        text.Out.Append($"State:\t{TaskSnapshot.StateName(now.State)}\nTgid:\t{task.Tgid}\nNgid:\t0\nPid:\t{task.Pid}\nPPid:\t{now.ParentPid}\nTracerPid:\t0\n");
        AppendIdentity(ref text.Out, task.User);
        text.Out.Append($"NStgid:\t{task.Tgid}\nNSpid:\t{task.Pid}\nNSpgid:\t{now.GroupNumber}\nNSsid:\t{now.SessionNumber}\nKthread:\t{(task.User is null ? 1 : 0)}\n");
        if (now.HasMemory)
            AppendMemory(ref text.Out, in now.Memory);
        AppendSignals(ref text.Out, in now);
        AppendPrivileges(ref text.Out, task.User, in now);
        AppendProcessors(ref text.Out, task);
        text.Out.Append($"voluntary_ctxt_switches:\t{task.VoluntarySwitches}\nnonvoluntary_ctxt_switches:\t{task.InvoluntarySwitches}\n");
        return Errno.None;
    }

    private static void AppendMask(ref TextWriter text, Task task)
    {
        FsContext? view = task.User?.GetFileSystemView();
        if (view is null)
            return;

        uint mask = view.Mask;
        view.Put();
        text.Append($"Umask:\t0{mask >> 6 & 7}{mask >> 3 & 7}{mask & 7}\n");
    }

    private static void AppendIdentity(ref TextWriter text, UserThread? thread)
    {
        Credentials who = default;
        FileTable? files = null;
        if (thread is not null)
        {
            who = thread.Credentials;
            files = thread.GetFiles();
        }

        text.Append($"Uid:\t{who.UserId}\t{who.EffectiveUserId}\t{who.SavedUserId}\t{who.FileUserId}\n");
        text.Append($"Gid:\t{who.GroupId}\t{who.EffectiveGroupId}\t{who.SavedGroupId}\t{who.FileGroupId}\n");
        text.Append($"FDSize:\t{(files is null ? 0 : 64)}\nGroups:\t");
        for (int i = 0; i < who.GroupCount; i++)
            text.Append($"{who.Groups[i]} ");
        text.Append((byte)'\n');
        files?.Put();
    }

    private static void AppendMemory(ref TextWriter text, in VmStatistics memory)
    {
        ulong file = memory.ResidentPages - Math.Min(memory.ResidentPages, memory.AnonymousPages);
        AppendPages(ref text, "VmPeak:"u8, memory.PeakPages);
        AppendPages(ref text, "VmSize:"u8, memory.TotalPages);
        AppendPages(ref text, "VmLck:"u8, memory.LockedPages);
        AppendPages(ref text, "VmPin:"u8, 0);
        AppendPages(ref text, "VmHWM:"u8, memory.ResidentPeakPages);
        AppendPages(ref text, "VmRSS:"u8, memory.ResidentPages);
        AppendPages(ref text, "RssAnon:"u8, memory.AnonymousPages);
        AppendPages(ref text, "RssFile:"u8, file);
        AppendPages(ref text, "RssShmem:"u8, 0);
        AppendPages(ref text, "VmData:"u8, memory.DataPages);
        AppendPages(ref text, "VmStk:"u8, memory.StackPages);
        AppendPages(ref text, "VmExe:"u8, memory.ExecutablePages);
        AppendPages(ref text, "VmLib:"u8, 0); // counted with the program's
        AppendPages(ref text, "VmPTE:"u8, memory.TablePages);
        AppendPages(ref text, "VmSwap:"u8, 0);
    }

    private static void AppendPages(ref TextWriter text, ReadOnlySpan<byte> name, ulong pages)
    {
        text.Append(name);
        text.Append((byte)'\t');
        ProcFormat.AppendPages(ref text, default, pages, nameWidth: 0);
    }

    private static void AppendSignals(ref TextWriter text, in TaskSnapshot now)
    {
        text.Append($"Threads:\t{now.ThreadCount}\nSigQ:\t{now.QueuedCount}/{now.QueuedLimit}\n");
        text.Append($"SigPnd:\t{now.Pending:x16}\nShdPnd:\t{now.SharedPending:x16}\nSigBlk:\t{now.Blocked:x16}\n");
        text.Append($"SigIgn:\t{now.Ignored:x16}\nSigCgt:\t{now.Caught:x16}\n");
    }

    // User 0 stands for all capabilities, anybody else for none.
    private static void AppendPrivileges(ref TextWriter text, UserThread? thread, in TaskSnapshot now)
    {
        bool isPrivileged = thread is null || thread.Credentials.IsPrivileged;
        ulong capabilities = isPrivileged ? AllCapabilities : 0;
        text.Append($"CapInh:\t{0ul:x16}\nCapPrm:\t{capabilities:x16}\nCapEff:\t{capabilities:x16}\nCapBnd:\t{AllCapabilities:x16}\nCapAmb:\t{0ul:x16}\n");
        text.Append($"NoNewPrivs:\t{(now.HasNoNewPrivileges ? 1 : 0)}\nSeccomp:\t0\nSeccomp_filters:\t0\n");
    }

    private static void AppendProcessors(ref TextWriter text, Task task)
    {
        task.GetAffinity(out CpuMask allowed);
        CpuMask possible = CpuMask.FirstCpus(Smp.Processors.Count);
        possible.IntersectWith(in allowed);
        text.Append("Cpus_allowed:\t"u8);
        ProcFormat.AppendMask(ref text, in possible);
        text.Append("\nCpus_allowed_list:\t"u8);
        possible.Format(ref text);
        text.Append("\nMems_allowed:\t1\nMems_allowed_list:\t0\n"u8);
    }
}

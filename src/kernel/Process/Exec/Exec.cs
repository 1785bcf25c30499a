// Running another program: execve.
//
//   open, check ─▶ new address space: strings, program, stack ─▶ other threads end ─▶ Commit ─▶ the new program
//   └── until here any error goes back to the caller, whose memory is as it was ──┘
//
// Source: execve(2); POSIX.1-2017, exec.
using System;
using Commence.Abi;
using Commence.Firmware.Elf;
using Commence.Fs;
using Commence.Locking;
using Commence.Memory;
using Commence.Mm;
using Commence.Sched;
using Commence.Signals;

namespace Commence.Processes;

/// <summary>Replaces the program of the calling process.</summary>
internal static class Exec
{
    private const int ScriptDepthMax = 5;
    private const ulong ArgumentBytesMin = 32 * Limits.PageSizeBytes; // POSIX wants room for some
    private const ulong ArgumentBytesMax = 6 << 20;                   // three quarters of Linux's usual stack
    private const ulong StackSlackBytes = 32 * Limits.PageSizeBytes;
    private const int StackRandomPageBits = 22;
    private const ulong MapGapMin = 128 << 20;

    /// <summary>Runs a program in place of the caller's.</summary>
    /// <param name="view">How paths are looked up.</param>
    /// <param name="start">Where a relative path begins; its use is taken over.</param>
    /// <param name="path">The program.</param>
    /// <param name="flags">Whether a link at its end is followed.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Its environment.</param>
    /// <param name="registers">Changed, after success, to those of its first instruction.</param>
    /// <remarks>Context: thread of a user process, or of the process that pid 1 becomes. Sleeps: may. After success the caller
    /// goes to user mode with the registers, and touches nothing of the old program.</remarks>
    internal static Errno Run<TArguments, TEnvironment>(
        in FsView view,
        Path start,
        ReadOnlySpan<byte> path,
        WalkFlags flags,
        in TArguments arguments,
        in TEnvironment environment,
        ref TrapFrame registers)
        where TArguments : struct, IStringList
        where TEnvironment : struct, IStringList
    {
        Result<File> opened = ProgramFile.Open(in view, start, path, flags);
        if (!opened.IsOk)
            return opened.Error;

        File file = opened.Value;
        if (!Kmalloc.TryAllocate(Limits.PageSizeBytes, out KBuffer scratch))
        {
            file.Put();
            return Errno.ENOMEM;
        }

        Errno error = Prepare(in view, file, path, in arguments, in environment, scratch.Span, out NewProgram program);
        scratch.Free();
        if (error == Errno.None)
            error = ExecCommit.Run(program, ref registers);
        if (error != Errno.None)
            program.Free();
        return error;
    }

    private static Errno Prepare<TArguments, TEnvironment>(
        in FsView view,
        File file,
        ReadOnlySpan<byte> path,
        in TArguments arguments,
        in TEnvironment environment,
        Span<byte> scratch,
        out NewProgram program)
        where TArguments : struct, IStringList
        where TEnvironment : struct, IStringList
    {
        program = new NewProgram { File = file };
        program.SetName(path);
        if (!AddressSpace.TryCreate(out AddressSpace memory))
            return Errno.ENOMEM;

        program.Memory = memory;

        Process process = UserThread.Current.Process;
        ulong stackLimit = process.Limit(ResourceKind.Stack);
        program.Memory.StackLimitBytes = stackLimit;
        program.Memory.SizeLimitBytes = process.Limit(ResourceKind.AddressSpace);
        program.Memory.DataLimitBytes = process.Limit(ResourceKind.Data);

        ulong sizeMax = Math.Max(Math.Min(stackLimit / 4, ArgumentBytesMax), ArgumentBytesMin);
        UserAddr top = AddressLayout.UserEnd - ((RandomPool.Next() & ((1UL << StackRandomPageBits) - 1)) << Limits.PageShift);
        Errno error = program.Memory.MapStack(top, StackSlackBytes, MapProtection.Read | MapProtection.Write);
        if (error != Errno.None)
            return error;

        ulong gap = Math.Max(Math.Min(stackLimit, AddressLayout.UserEnd.Value / 6 * 5) + Limits.PageSizeBytes, MapGapMin);
        program.Memory.SetMapBase((top - gap).AlignDown(Limits.PageSizeBytes));

        InitialStack stack = new(program.Memory, top, sizeMax, scratch);
        error = stack.PushPath(path);
        if (error == Errno.None)
            error = stack.PushEnvironment(in environment);
        if (error == Errno.None)
            error = stack.PushArguments(in arguments);
        if (error == Errno.None)
            error = FollowScripts(in view, path, ref stack, ref program);
        return error == Errno.None ? Load(in view, top, ref stack, ref program) : error;
    }

    // As long as the file is a script, its interpreter takes its place, and the arguments grow at their front.
    private static Errno FollowScripts(in FsView view, ReadOnlySpan<byte> path, scoped ref InitialStack stack, scoped ref NewProgram program)
    {
        if (!Kmalloc.TryAllocate(2 * ScriptLine.LengthMax, out KBuffer buffer))
            return Errno.ENOMEM;

        Span<byte> head = buffer.Span[..ScriptLine.LengthMax];
        Span<byte> name = buffer.Span[ScriptLine.LengthMax..];
        ReadOnlySpan<byte> script = path;
        Errno error = Errno.None;
        for (int depth = 0; error == Errno.None; depth++)
        {
            Result<int> read = KernelFile.Read(program.File!, 0, head);
            if (!read.IsOk)
            {
                error = read.Error;
                break;
            }

            if (!ScriptLine.HasSignature(head[..read.Value]))
                break;
            error = ScriptLine.TryParse(head[..read.Value], out ScriptLine line);
            if (error == Errno.None)
                error = depth == ScriptDepthMax ? Errno.ELOOP : Interpret(in view, script, line, ref stack, ref program);

            // The line is overwritten by the next one; the interpreter's own name is needed longer.
            int length = Math.Min(line.Interpreter.Length, name.Length);
            line.Interpreter[..length].CopyTo(name);
            script = name[..length];
        }

        buffer.Free();
        return error;
    }

    private static Errno Interpret(
        in FsView view, ReadOnlySpan<byte> script, ScriptLine line, scoped ref InitialStack stack, scoped ref NewProgram program)
    {
        Errno error = stack.DropFirstArgument();
        if (error == Errno.None)
            error = stack.PushArgument(script);
        if (error == Errno.None && !line.Argument.IsEmpty)
            error = stack.PushArgument(line.Argument);
        if (error == Errno.None)
            error = stack.PushArgument(line.Interpreter);
        if (error != Errno.None)
            return error;

        Result<File> opened = ProgramFile.Open(in view, default, line.Interpreter, WalkFlags.FollowLast);
        if (!opened.IsOk)
            return opened.Error;

        program.File!.Put();
        program.File = opened.Value;
        return Errno.None;
    }

    private static Errno Load(in FsView view, UserAddr top, scoped ref InitialStack stack, scoped ref NewProgram program)
    {
        Errno error = ElfLoader.Load(in view, program.File!, program.Memory!, out ProgramImage image);
        if (error != Errno.None)
            return error;

        if (image.IsStackExecutable)
        {
            MapProtection all = MapProtection.Read | MapProtection.Write | MapProtection.Execute;
            error = program.Memory!.Protect(top - Limits.PageSizeBytes, Limits.PageSizeBytes, all | MapProtection.GrowsDown);
            if (error != Errno.None)
                return error;
        }

        program.Memory!.SetBreakStart(image.BreakStart);
        program.Start = image.Start;
        program.ChooseIdentity(UserThread.Current, out ProgramIdentity identity);
        return stack.Finish(in image, in identity, out program.StackPointer, out program.Arguments);
    }
}

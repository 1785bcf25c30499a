// What the kernel's command line passes on to the first program.
//
//   unknown "name"         an argument         "name=value"   an environment variable; the last of several holds
//   unknown "a.b", "a.b=c" nothing: meant for a part of the kernel that is not there
//   all after "--"         arguments
//   before init=, rdinit=  no arguments: boot loaders put words of their own there
//
// Source: Linux Documentation/admin-guide/kernel-parameters.rst; admin-guide/init.rst.
using System;
using Commence.Init;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Processes;

/// <summary>Arguments and environment of process 1.</summary>
internal readonly ref struct InitArguments
{
    private const int ExtraBytes = 64;   // HOME, TERM and zero bytes
    private const int NoticeBytes = 120; // names in one line of the log

    private readonly ReadOnlySpan<byte> _commandLine;

    private InitArguments(ReadOnlySpan<byte> commandLine) => _commandLine = commandLine;

    /// <summary>Takes them from a command line, which must stay.</summary>
    internal static InitArguments Read(ReadOnlySpan<byte> commandLine) => new(commandLine);

    /// <summary>Says which parameters no part of the kernel knows (Linux: <c>print_unknown_bootoptions</c>).</summary>
    internal void PrintUnknown()
    {
        TextWriter names = new(stackalloc byte[NoticeBytes]);
        foreach (KernelParameter parameter in new CommandLine(_commandLine))
        {
            if (!IsForInit(parameter))
                continue;
            int length = parameter.Name.Length + parameter.Value.Length + 2;
            if (names.Length != 0 && names.Length + length > NoticeBytes)
                PrintNotice(ref names);
            AppendParameter(ref names, parameter, (byte)' ');
        }

        if (names.Length != 0)
            PrintNotice(ref names);
    }

    /// <summary>Writes both lists out.</summary>
    /// <param name="path">The first argument.</param>
    /// <param name="texts">Holds the strings; the caller frees it.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="environment">The environment.</param>
    /// <returns>ENOMEM or none.</returns>
    internal Errno TryMakeLists(ReadOnlySpan<byte> path, out KBuffer texts, out KernelStrings arguments, out KernelStrings environment)
    {
        arguments = default;
        environment = default;

        // Nothing gets longer than it stands there, but for a zero byte in place of each blank.
        int size = path.Length + (2 * _commandLine.Length) + ExtraBytes;
        if (!Kmalloc.TryAllocate(size, out texts))
            return Errno.ENOMEM;

        TextWriter text = new(texts.Span);
        AppendArguments(ref text, path);
        int environmentStart = text.Length;
        AppendEnvironment(ref text);
        Bug.On(text.IsTruncated);
        arguments = new KernelStrings(texts, 0, environmentStart);
        environment = new KernelStrings(texts, environmentStart, text.Length - environmentStart);
        return Errno.None;
    }

    private void AppendArguments(ref TextWriter text, ReadOnlySpan<byte> path)
    {
        text.Append(path);
        text.Append((byte)0);
        int programsLeft = ProgramCount();
        foreach (KernelParameter parameter in new CommandLine(_commandLine))
        {
            if (NamesProgram(parameter))
                programsLeft--;
            else if (programsLeft == 0 && !parameter.HasValue && IsForInit(parameter))
                AppendParameter(ref text, parameter, 0);
        }

        foreach (KernelParameter word in new CommandLine(new CommandLine(_commandLine).InitPart))
            AppendParameter(ref text, word, 0);
    }

    private void AppendEnvironment(ref TextWriter text)
    {
        AppendVariable(ref text, "HOME"u8, "/"u8);
        AppendVariable(ref text, "TERM"u8, "linux"u8);
        int place = 0;
        foreach (KernelParameter parameter in new CommandLine(_commandLine))
        {
            bool isDefault = parameter.Name.SequenceEqual("HOME"u8) || parameter.Name.SequenceEqual("TERM"u8);
            if (IsVariable(parameter) && !isDefault && FirstPlaceOf(parameter.Name) == place)
                AppendVariable(ref text, parameter.Name, default);
            place++;
        }
    }

    // The last value that the command line gives, or the one it has without.
    private void AppendVariable(ref TextWriter text, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        foreach (KernelParameter parameter in new CommandLine(_commandLine))
        {
            if (IsVariable(parameter) && parameter.Name.SequenceEqual(name))
                value = parameter.Value;
        }

        text.Append(name);
        text.Append((byte)'=');
        text.Append(value);
        text.Append((byte)0);
    }

    private int FirstPlaceOf(ReadOnlySpan<byte> name)
    {
        int place = 0;
        foreach (KernelParameter parameter in new CommandLine(_commandLine))
        {
            if (IsVariable(parameter) && parameter.Name.SequenceEqual(name))
                return place;
            place++;
        }

        return -1;
    }

    private int ProgramCount()
    {
        int count = 0;
        foreach (KernelParameter parameter in new CommandLine(_commandLine))
            count += NamesProgram(parameter) ? 1 : 0;
        return count;
    }

    private static bool NamesProgram(KernelParameter parameter) =>
        parameter.HasValue && (parameter.IsNamed("init"u8) || parameter.IsNamed("rdinit"u8));

    private static bool IsVariable(KernelParameter parameter) => parameter.HasValue && IsForInit(parameter);

    private static bool IsForInit(KernelParameter parameter) =>
        !parameter.Name.Contains((byte)'.') && !KernelParameters.IsKnown(parameter);

    private static void PrintNotice(ref TextWriter names)
    {
        Printk.Notice($"Unknown kernel command line parameters \"{names.Text[..^1]}\", will be passed to user space.");
        names.Clear();
    }

    private static void AppendParameter(ref TextWriter text, KernelParameter parameter, byte end)
    {
        text.Append(parameter.Name);
        if (parameter.HasValue)
        {
            text.Append((byte)'=');
            text.Append(parameter.Value);
        }

        text.Append(end);
    }
}

// What the kernel's command line passes on to the first program.
//
//   unknown "name"         an argument         "name=value"   an environment variable
//   unknown "a.b", "a.b=c" nothing: meant for a part of the kernel that is not there
//   all after "--"         arguments
//
// Source: Linux Documentation/admin-guide/kernel-parameters.rst.
using System;
using Commence.Init;
using Commence.Lib;
using Commence.Memory;

namespace Commence.Processes;

/// <summary>Arguments and environment of process 1.</summary>
internal readonly ref struct InitArguments
{
    private const int ExtraBytes = 64; // HOME, TERM and zero bytes

    private readonly ReadOnlySpan<byte> _commandLine;

    private InitArguments(ReadOnlySpan<byte> commandLine) => _commandLine = commandLine;

    /// <summary>Takes them from a command line, which must stay.</summary>
    internal static InitArguments Read(ReadOnlySpan<byte> commandLine) => new(commandLine);

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
        AppendString(ref text, path);
        AppendUnknown(ref text, withValue: false);
        foreach (KernelParameter word in new CommandLine(new CommandLine(_commandLine).InitPart))
            AppendParameter(ref text, word);

        int environmentStart = text.Length;
        AppendString(ref text, "HOME=/"u8);
        AppendString(ref text, "TERM=linux"u8);
        AppendUnknown(ref text, withValue: true);
        Bug.On(text.IsTruncated);
        arguments = new KernelStrings(texts, 0, environmentStart);
        environment = new KernelStrings(texts, environmentStart, text.Length - environmentStart);
        return Errno.None;
    }

    private void AppendUnknown(ref TextWriter text, bool withValue)
    {
        foreach (KernelParameter parameter in new CommandLine(_commandLine))
        {
            if (!KernelParameters.IsKnown(parameter) && parameter.HasValue == withValue && !parameter.Name.Contains((byte)'.'))
                AppendParameter(ref text, parameter);
        }
    }

    private static void AppendParameter(ref TextWriter text, KernelParameter parameter)
    {
        text.Append(parameter.Name);
        if (parameter.HasValue)
        {
            text.Append((byte)'=');
            text.Append(parameter.Value);
        }

        text.Append((byte)0);
    }

    private static void AppendString(ref TextWriter text, ReadOnlySpan<byte> value)
    {
        text.Append(value);
        text.Append((byte)0);
    }
}

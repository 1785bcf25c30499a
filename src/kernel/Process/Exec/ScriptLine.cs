// The first line of a script: #! and the program that is to run it.
//
// Source: execve(2), "Interpreter scripts": the line is at most 255 bytes, what follows the interpreter is one argument.
using System;

namespace Commence.Processes;

/// <summary>What a script says of its interpreter.</summary>
internal readonly ref struct ScriptLine
{
    /// <summary>Bytes of a file's head that are looked at (Linux: <c>BINPRM_BUF_SIZE</c>).</summary>
    internal const int LengthMax = 256;

    private ScriptLine(ReadOnlySpan<byte> interpreter, ReadOnlySpan<byte> argument)
    {
        Interpreter = interpreter;
        Argument = argument;
    }

    /// <summary>The path of the interpreter.</summary>
    internal ReadOnlySpan<byte> Interpreter { get; }

    /// <summary>Its one argument; empty if there is none.</summary>
    internal ReadOnlySpan<byte> Argument { get; }

    /// <summary>Whether a file is a script.</summary>
    internal static bool HasSignature(ReadOnlySpan<byte> head) => head.StartsWith("#!"u8);

    /// <summary>Reads the line.</summary>
    /// <param name="head">The file's first bytes, at most <see cref="LengthMax"/>; fewer if the file is shorter.</param>
    /// <param name="line">What it says.</param>
    /// <returns>ENOEXEC if there is no interpreter, or its path may be cut off; none.</returns>
    internal static Errno TryParse(ReadOnlySpan<byte> head, out ScriptLine line)
    {
        line = default;
        ReadOnlySpan<byte> text = head[2..];
        int end = text.IndexOf((byte)'\n');
        bool isCut = end < 0 && head.Length == LengthMax;
        if (end >= 0)
            text = text[..end];

        text = Trim(text);
        int length = FindBlank(text);
        if (length == 0 || (isCut && length == text.Length))
            return Errno.ENOEXEC;

        line = new ScriptLine(text[..length], Trim(text[length..]));
        return Errno.None;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty && IsBlank(text[0]))
            text = text[1..];
        while (!text.IsEmpty && IsBlank(text[^1]))
            text = text[..^1];
        return text;
    }

    private static int FindBlank(ReadOnlySpan<byte> text)
    {
        int i = 0;
        while (i < text.Length && !IsBlank(text[i]))
            i++;
        return i;
    }

    // A zero byte ends the text as well: a binary that happens to begin with "#!".
    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t' or 0;
}

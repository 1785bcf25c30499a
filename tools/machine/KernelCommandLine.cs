// The kernel's command line: parameters, then "--", then the first program's arguments.
//
// Words are separated by spaces; double quotes keep spaces inside a word and are taken away by the kernel. There is
// no escape character, so a word that itself contains a double quote cannot be said.
// Source: Linux kernel documentation, admin-guide/kernel-parameters.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Commence.Machine;

/// <summary>Builds the kernel's command line.</summary>
public static class KernelCommandLine
{
    /// <summary>The longest command line that the kernel takes (Linux: <c>COMMAND_LINE_SIZE</c> less its final zero).</summary>
    public const int LengthMax = 2047;

    /// <summary>Makes the line that runs <paramref name="program"/> as the first program and powers the machine off after it.</summary>
    /// <param name="program">Its path inside the machine.</param>
    /// <param name="append">Further parameters, as the user wrote them.</param>
    /// <param name="arguments">The program's arguments, without its name.</param>
    /// <remarks>Fails: throws <see cref="ArgumentException"/> for a word that cannot be said and for a line that is too long.</remarks>
    public static string ForProgram(string program, string append, IReadOnlyList<string> arguments)
    {
        // rdinit= alone would fall back to the file system's own init when the program cannot be run; init= ends that.
        List<string> words = [Quote($"rdinit={program}"), Quote($"init={program}"), "commence.on_init_exit=poweroff"];
        if (append.Length > 0)
            words.Add(append);
        if (arguments.Count > 0)
            words.AddRange(["--", .. arguments.Select(Quote)]);

        string line = string.Join(' ', words);
        int lengthBytes = Encoding.UTF8.GetByteCount(line);
        if (lengthBytes > LengthMax)
            throw new ArgumentException($"the kernel's command line would be {lengthBytes} bytes long; it takes {LengthMax}");
        return line;
    }

    /// <summary>Quotes one word, if it needs it.</summary>
    public static string Quote(string word)
    {
        if (word.Contains('"') || word.Contains('\0'))
            throw new ArgumentException($"the kernel's command line cannot carry a double quote: {word}");
        return word.Length == 0 || word.Any(char.IsWhiteSpace) ? $"\"{word}\"" : word;
    }
}

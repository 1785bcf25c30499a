// What GRUB does when a disc has been started: load the kernel and its file system, and go.
//
// There is no menu and no time to wait. The commands stand in the file itself, so one that fails says so on the serial line.
//
// GRUB takes our quotes away and writes its own when it makes the kernel's command line: double quotes around a word with a
// space, a backslash before each quote and backslash. The kernel knows no such backslash, so those words cannot be said.
// Source: GNU GRUB Manual 2.06, "Quoting", "multiboot2", "module2"; its lib/cmdline.c for the words.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Commence.Machine.Iso;

/// <summary>Writes GRUB's configuration.</summary>
public static class GrubConfig
{
    /// <summary>Makes the configuration that boots what <see cref="BootIso"/> puts on a disc.</summary>
    /// <param name="commandLine">The kernel's command line.</param>
    /// <param name="hasInitrd">Whether there is an initial RAM file system.</param>
    /// <param name="commands">GRUB commands to carry out before, each on a line.</param>
    /// <remarks>Fails: throws <see cref="ArgumentException"/> for a word that GRUB would change.</remarks>
    public static string Make(string commandLine, bool hasInitrd, IReadOnlyList<string> commands)
    {
        IEnumerable<string> words = SplitWords(commandLine).Select(Quote);
        List<string> lines =
        [
            "serial --unit=0 --speed=115200",
            "terminal_input serial",
            "terminal_output serial",
            .. commands,
            string.Join(' ', [$"multiboot2 {BootIso.KernelPath}", .. words]),
        ];
        if (hasInitrd)
            lines.Add($"module2 {BootIso.InitrdPath} initramfs");
        lines.Add("boot");
        return string.Join('\n', lines) + "\n";
    }

    // As the kernel takes its line apart: double quotes keep spaces inside a word, wherever they stand in it.
    private static List<string> SplitWords(string line)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool isQuoted = false;
        bool isInWord = false;
        foreach (char character in line)
        {
            if (character == '"')
                isQuoted = !isQuoted;
            else if (isQuoted || !char.IsWhiteSpace(character))
                word.Append(character);
            isInWord |= isQuoted || !char.IsWhiteSpace(character);
            if (isInWord && !isQuoted && char.IsWhiteSpace(character))
            {
                words.Add(word.ToString());
                word.Clear();
                isInWord = false;
            }
        }
        if (isInWord)
            words.Add(word.ToString());
        return words;
    }

    private static string Quote(string word)
    {
        if (word.Length == 0)
            throw new ArgumentException("GRUB does not hand over an empty word on the kernel's command line");
        if (word.FirstOrDefault(static character => character is '\'' or '\\' || char.IsControl(character)) is char bad and not '\0')
            throw new ArgumentException($"GRUB would change {Describe(bad)} on the kernel's command line: {word}");
        return $"'{word}'";
    }

    private static string Describe(char character) => character switch
    {
        '\'' => "the apostrophe",
        '\\' => "the backslash",
        _ => $"character {(int)character}",
    };
}

// Forms of numbers that several files of /proc use.
using Commence.Lib;
using Commence.Smp;

namespace Commence.Fs;

/// <summary>Formatting for /proc.</summary>
internal static class ProcFormat
{
    /// <summary>Ticks of 1/100 s, which programs count in (<c>USER_HZ</c>).</summary>
    internal const ulong UserTickNs = 10_000_000;

    private const int WordDigits = 8;

    /// <summary>The kernel's ticks as programs count them.</summary>
    internal static ulong ToUserTicks(ulong ticks) => ticks * Limits.TickNanoseconds / UserTickNs;

    /// <summary>Writes seconds with two places.</summary>
    internal static void AppendSeconds(ref TextWriter text, ulong nanoseconds) =>
        text.Append($"{nanoseconds / Nanoseconds.PerSecond}.{nanoseconds / UserTickNs % 100:d2}");

    /// <summary>Writes a line of meminfo or status: a name with its colon, and pages as kB in a column.</summary>
    internal static void AppendPages(ref TextWriter text, System.ReadOnlySpan<byte> name, ulong pages, int nameWidth)
    {
        text.Append(name);
        text.AppendRepeated((byte)' ', nameWidth - name.Length);
        text.Append($"{pages << (Limits.PageShift - 10),8} kB\n");
    }

    /// <summary>Writes a set of processors as hexadecimal words of 32, as wide as the machine has processors.</summary>
    internal static void AppendMask(ref TextWriter text, in CpuMask cpus)
    {
        int digits = (Processors.Count + 3) / 4;
        for (int digit = digits - 1; digit >= 0; digit--)
        {
            uint value = 0;
            for (int bit = 0; bit < 4; bit++)
            {
                CpuId cpu = new((digit * 4) + bit);
                if (cpu.Value < Processors.Count && cpus.Contains(cpu))
                    value |= 1u << bit;
            }

            text.AppendHex(value);
            if (digit > 0 && digit % WordDigits == 0)
                text.Append((byte)',');
        }
    }

    /// <summary>Writes text in which blanks and backslashes stand as octal numbers, so that columns stay apart.</summary>
    internal static void AppendEscaped(ref TextWriter text, scoped System.ReadOnlySpan<byte> value)
    {
        foreach (byte character in value)
        {
            if (character is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\\')
                text.Append($"\\{character >> 6}{character >> 3 & 7}{character & 7}");
            else
                text.Append(character);
        }
    }
}

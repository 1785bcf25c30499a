// Where the processors of a stopped machine are: QEMU's register dump, read as far as we need it.
//
//   CPU#0
//   RAX=0000000000000000 RBX=… (64-bit mode; EAX=… otherwise)
//   RIP=ffffffff80001234 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1
//   CR0=80010033 CR2=… CR3=…
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Commence.Machine;

/// <summary>One processor's state.</summary>
/// <param name="Index">QEMU's number for it.</param>
/// <param name="Rip">Its instruction pointer.</param>
/// <param name="Rbp">Its frame pointer.</param>
/// <param name="Cr2">The address of its last page fault.</param>
/// <param name="IsHalted">Whether it sleeps in <c>hlt</c>.</param>
/// <param name="AreInterruptsOn">Whether an interrupt could wake it.</param>
public sealed record CpuState(int Index, ulong Rip, ulong Rbp, ulong Cr2, bool IsHalted, bool AreInterruptsOn)
{
    private const ulong InterruptFlag = 1 << 9; // RFLAGS.IF: SDM Vol 1 §3.4.3, EFLAGS Register

    /// <summary>The addresses to which its kernel code will return, innermost first, as far as frame pointers lead.</summary>
    public IReadOnlyList<ulong> ReturnAddresses { get; init; } = [];

    /// <summary>Whether it can only be woken by another processor: halted with interrupts off.</summary>
    public bool IsStopped => IsHalted && !AreInterruptsOn;

    /// <summary>Reads the answer to <c>info registers -a</c>.</summary>
    public static IReadOnlyList<CpuState> ParseAll(string dump)
    {
        List<CpuState> cpus = [];
        foreach (Match block in Regex.Matches(dump, @"CPU#(\d+)\s(.*?)(?=CPU#\d|\z)", RegexOptions.Singleline))
        {
            string registers = block.Groups[2].Value;
            cpus.Add(new CpuState(
                int.Parse(block.Groups[1].Value, CultureInfo.InvariantCulture),
                Hex(registers, "[RE]IP"),
                Hex(registers, "[RE]BP"),
                Hex(registers, "CR2"),
                Regex.IsMatch(registers, @"\bHLT=1\b"),
                (Hex(registers, "[RE]FL") & InterruptFlag) != 0));
        }
        return cpus;
    }

    private static ulong Hex(string registers, string name)
    {
        Match match = Regex.Match(registers, $@"\b{name}=([0-9a-fA-F]+)");
        return match.Success ? ulong.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 0;
    }
}

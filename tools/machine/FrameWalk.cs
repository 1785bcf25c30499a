// Follows the frame pointers of a stopped processor through its kernel stack.
//
//   [rbp]      the caller's rbp
//   [rbp + 8]  the address to return to
//
// Methods without a frame of their own are missing from the result; their callers are not.
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace Commence.Machine;

/// <summary>Walks stacks over QMP.</summary>
public static partial class FrameWalk
{
    private const int FramesMax = 24;
    private const ulong KernelStart = 0xFFFF_8000_0000_0000; // the upper half of the canonical addresses

    /// <summary>Gives the return addresses of <paramref name="cpu"/>, innermost first.</summary>
    internal static async Task<IReadOnlyList<ulong>> ReadAsync(QmpClient qmp, CpuState cpu)
    {
        List<ulong> addresses = [];
        ulong frame = cpu.Rbp;
        while (frame >= KernelStart && addresses.Count < FramesMax)
        {
            string words = await qmp.ExecuteHumanAsync($"x /2gx 0x{frame:x}", cpu.Index);
            if (ParsePair(words) is not (ulong caller, ulong address) || address < KernelStart)
                break;
            addresses.Add(address);
            if (caller <= frame)
                break; // stacks grow down, so a caller's frame lies above; anything else is no frame
            frame = caller;
        }
        return addresses;
    }

    /// <summary>Reads the monitor's answer to "examine two words".</summary>
    public static (ulong First, ulong Second)? ParsePair(string answer)
    {
        Match match = Pair().Match(answer);
        return match.Success ? (Hex(match.Groups[1].Value), Hex(match.Groups[2].Value)) : null;
    }

    private static ulong Hex(string digits) => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex("^[0-9a-f]+: 0x([0-9a-f]+) 0x([0-9a-f]+)")]
    private static partial Regex Pair();
}

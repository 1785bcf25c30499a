// When a read that is not canonical is complete: VMIN and VTIME.
//
//   MIN > 0, TIME > 0   waits for the first byte for ever, then for each next one TIME tenths of a second; ends at MIN bytes
//   MIN > 0, TIME = 0   waits for ever for MIN bytes
//   MIN = 0, TIME > 0   waits TIME tenths of a second for the first byte
//   MIN = 0, TIME = 0   does not wait
//
// A canonical read waits for ever for one line.
// Source: POSIX.1-2017 §11.1.7 "Non-Canonical Mode Input Processing".
using Commence.Abi;

namespace Commence.Terminals;

/// <summary>How long one read waits, and for how much.</summary>
public struct ReadRule
{
    private const ulong TenthNs = Nanoseconds.PerSecond / 10;

    private readonly ulong _gapNs; // longest pause between two bytes; 0: any

    private ReadRule(int minimum, ulong gapNs, Nanoseconds deadline, bool mayWait)
    {
        Minimum = minimum;
        _gapNs = gapNs;
        Deadline = deadline;
        MayWait = mayWait;
    }

    /// <summary>Bytes with which the read is complete.</summary>
    public int Minimum { get; }

    /// <summary>When it ends without more bytes, on the monotonic clock.</summary>
    public Nanoseconds Deadline { get; private set; }

    /// <summary>False: the read takes what is there, which may be nothing.</summary>
    public bool MayWait { get; }

    /// <summary>The rule for a read that begins now.</summary>
    public static ReadRule Begin(in Termios termios, Nanoseconds now)
    {
        int minimum = termios.Characters.Get(ControlCharacter.Min);
        ulong timeNs = termios.Characters.Get(ControlCharacter.Time) * TenthNs;
        if (LineDiscipline.IsCanonical(in termios))
            return new ReadRule(1, 0, Nanoseconds.MaxValue, mayWait: true);
        if (minimum > 0)
            return new ReadRule(minimum, timeNs, Nanoseconds.MaxValue, mayWait: true);
        return new ReadRule(1, 0, new Nanoseconds(now.Value + timeNs), mayWait: timeNs > 0);
    }

    /// <summary>Bytes were read at <paramref name="now"/>: the time between bytes begins anew.</summary>
    public void OnBytes(Nanoseconds now)
    {
        if (_gapNs != 0)
            Deadline = new Nanoseconds(now.Value + _gapNs);
    }
}

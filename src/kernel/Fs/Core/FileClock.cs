// The time that files are stamped with.
using Commence.Abi;
using Commence.Time;

namespace Commence.Fs;

/// <summary>Time stamps of files.</summary>
internal static class FileClock
{
    /// <summary>Wall-clock time.</summary>
    internal static Timespec Now() => Timespec.From(Clock.Realtime());
}

// /sys/devices/system/clocksource/clocksource0: what the clock can run on, and what it runs on.
//
// The names and the format are Linux's. Writing, which there changes the source, is not possible here: clocksource= does at boot.
using System;
using Commence.Time;

namespace Commence.Fs;

/// <summary>One of the two files.</summary>
internal sealed class ClockSourceFile : ProcFile
{
    private readonly bool _isList;

    private ClockSourceFile(bool isList) => _isList = isList;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _isList ? "available_clocksource"u8 : "current_clocksource"u8;

    /// <summary>Adds both, in their folders.</summary>
    internal static void AddTo(ProcFolder system)
    {
        ProcFolder folder = NamedFolder.AddTo(NamedFolder.AddTo(system, "clocksource"u8), "clocksource0"u8);
        folder.Add(new ClockSourceFile(isList: true));
        folder.Add(new ClockSourceFile(isList: false));
    }

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        if (_isList)
            AppendAll(ref text);
        else if (Clock.Source is { } source)
            text.Out.Append(source.Name);
        text.Out.Append((byte)'\n');
        return Errno.None;
    }

    // The best first.
    private static void AppendAll(ref ProcText text)
    {
        int below = int.MaxValue;
        while (TryFindNext(below, out int rating))
        {
            for (int i = 0; i < ClockSources.Count; i++)
            {
                ClockSource source = ClockSources.Get(i);
                if (source.Rating != rating)
                    continue;
                text.Out.Append(source.Name);
                text.Out.Append((byte)' ');
            }

            below = rating;
        }
    }

    private static bool TryFindNext(int below, out int rating)
    {
        rating = int.MinValue;
        for (int i = 0; i < ClockSources.Count; i++)
        {
            int candidate = ClockSources.Get(i).Rating;
            if (candidate < below && candidate > rating)
                rating = candidate;
        }

        return rating != int.MinValue;
    }
}

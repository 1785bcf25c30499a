// The text of a file of /proc while it is written.
//
// A reader gets a window on the text: the part from some position on, as much as the buffer holds. Most files are short, and the
// window is all of them. A file that may be long ends each of its lines with EndRecord; then windows further down can be made by
// writing it again and leaving out what comes before.
using System;
using Commence.Lib;
using Commence.Sched;

namespace Commence.Fs;

/// <summary>Where a <see cref="ProcFile"/> writes to.</summary>
public ref struct ProcText
{
    /// <summary>Takes the text. What does not fit is cut off, which the reader makes good.</summary>
    public TextWriter Out;

    private readonly Span<byte> _room;
    private readonly Task? _subject;
    private long _skip;

    internal ProcText(Span<byte> room, long skip, Task? task, ProcSubject subject)
    {
        Out = new TextWriter(room);
        _room = room;
        _skip = skip;
        _subject = task;
        _skip = skip;
        IsThread = subject.IsThread;
        Descriptor = subject.Descriptor;
    }

    /// <summary>Whom the file is about: a task, in whose place its process is meant unless <see cref="IsThread"/>.</summary>
    /// <remarks>For files of processes only.</remarks>
    public readonly Task Subject => _subject!;

    /// <summary>The task alone is meant.</summary>
    public readonly bool IsThread { get; }

    /// <summary>Which descriptor of the subject; -1 for none.</summary>
    internal readonly int Descriptor { get; }

    /// <summary>There is no room for more: the writer may stop.</summary>
    public readonly bool IsFull => Out.IsTruncated;

    /// <summary>A line, or a few that belong together, is complete.</summary>
    public void EndRecord()
    {
        if (_skip == 0)
            return;

        int length = Out.Length;
        int skipped = (int)Math.Min(_skip, length);
        _skip -= skipped;
        Out.Clear();
        Out.Append(_room[skipped..length]);
    }
}

// The short name of a task, as /proc/PID/comm and ps show it (Linux: comm, TASK_COMM_LEN).
using System;
using System.Runtime.CompilerServices;

namespace Commence.Sched;

/// <summary>At most 15 bytes and an end mark.</summary>
[InlineArray(CapacityBytes)]
public struct TaskName
{
    /// <summary>Bytes with the zero at the end.</summary>
    public const int CapacityBytes = 16;

    private byte _byte0;

    /// <summary>The name without the zero.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> Text
    {
        get
        {
            ReadOnlySpan<byte> all = this;
            int length = 0;
            while (length < CapacityBytes - 1 && all[length] != 0)
                length++;
            return all[..length];
        }
    }

    /// <summary>Sets the name; what does not fit is cut off.</summary>
    /// <remarks>A reader on another CPU may see a mixture of both names for a moment, but always an end.</remarks>
    public void Set(ReadOnlySpan<byte> text)
    {
        Span<byte> all = this;
        int length = text.Length < CapacityBytes ? text.Length : CapacityBytes - 1;
        text[..length].CopyTo(all);
        all[length..].Clear();
    }
}

// Tells the record line that a step of the boot is done, so that a test can hold the order against a list and a picture can
// be drawn of where the time went.
using System;
using Commence.Debug;

namespace Commence.Init;

/// <summary>Marks in the boot.</summary>
internal static class BootStep
{
    /// <summary>Reports a step by the name that Linux has for it, where it has one.</summary>
    /// <remarks>Context: boot processor, boot or thread.</remarks>
    internal static void Done(ReadOnlySpan<byte> name)
    {
        Record record = new("step"u8);
        record.Add("name"u8, name);
        record.Add("cpu"u8, PerCpuArea.Id.Value);
        record.Add("ns"u8, (long)LogClock.Now);
        record.Send();
    }
}

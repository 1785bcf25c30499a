using System;
using Commence.Debug;

namespace Commence.Terminals;

/// <summary>The machine's console as a terminal's device; the kernel log shares it.</summary>
public sealed class SystemConsolePort : ConsolePort
{
    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> bytes) => ConsoleOutput.Write(bytes);
}

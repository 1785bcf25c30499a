using System;
using Commence.Firmware.BootConfig;
using Commence.Init;

namespace Commence.Fs;

/// <summary><c>bootconfig</c>: the boot configuration that was read, a key in a line. Empty if there is none.</summary>
internal sealed class BootConfigFile : ProcFile
{
    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => "bootconfig"u8;

    /// <inheritdoc/>
    public override Errno Generate(ref ProcText text)
    {
        ReadOnlySpan<byte> source = BootConfig.Text;
        ref readonly BootConfigTree tree = ref BootConfig.Tree;
        for (ushort key = tree.NextKey(0); key != 0 && !text.IsFull; key = tree.NextKey(key))
        {
            tree.AppendLine(source, key, ref text.Out);
            text.EndRecord();
        }

        return Errno.None;
    }
}

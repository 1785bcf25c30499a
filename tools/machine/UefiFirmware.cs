// UEFI firmware in two flash chips: its code, which is read only, and the variables that it keeps.
//
// QEMU gives each machine a copy of the variables, in its scratch directory: what one run writes no other sees.

namespace Commence.Machine;

/// <summary>A pair of flash images.</summary>
/// <param name="Code">The firmware itself.</param>
/// <param name="Variables">Its variables as they are when a machine is new.</param>
public sealed record UefiFirmware(string Code, string Variables)
{
    /// <summary>OVMF, UEFI for QEMU, as Debian and Ubuntu have it.</summary>
    public static UefiFirmware Ovmf { get; } = new("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd");
}

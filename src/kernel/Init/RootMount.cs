// Mounting a root file system from a device, as far as that exists: there are no drivers for block devices.
//
//   root= given ──────────────────────────▶ it cannot be opened: panic, in Linux's words
//   no files came with an initramfs ──────▶ the same: there is nothing that could hold a first program
//   else: rootfs stays /, and the first program is looked for there. (Linux panics here too: it always mounts a root
//   file system when the initramfs has no init.)
//
// Source: Linux Documentation/admin-guide/kernel-parameters.txt (root=, rootwait, ro, rw); initrd(4).
using System.Diagnostics.CodeAnalysis;
using Commence.Fs;
using Commence.Lib;

namespace Commence.Init;

/// <summary>What happens when the initramfs has no init (Linux: <c>prepare_namespace</c>).</summary>
internal static class RootMount
{
    [KernelParameter("root", Help = "device of the root file system; there are no drivers for any: without an init in the initramfs the kernel panics")]
    internal static ParameterText Device;

    [KernelParameter("rootwait", Help = "wait for the device of root=; none can come, so the kernel says so instead of waiting")]
    internal static bool IsWaiting { get; set; }

    [KernelParameter("ro", Value = 1, Help = "mount root= read-only; the initramfs's own file system is always writable")]
    [KernelParameter("rw", Value = 0, Help = "mount root= writable")]
    internal static bool IsReadOnly { get; set; } = true;

    /// <summary>Decides what / is, now that the initramfs brought no init.</summary>
    /// <remarks>Context: pid 1, once. Fails: panics where a device would have to be mounted.</remarks>
    internal static void PrepareNamespace()
    {
        if (Device.IsGiven || !Initramfs.HasFiles)
            Fail();
    }

    [DoesNotReturn]
    private static void Fail()
    {
        if (IsWaiting)
            Printk.Error($"rootwait: there are no drivers for block devices: no root device can come");
        Printk.Error($"VFS: Cannot open root device \"{Device.Text}\" or unknown-block(0,0): error {-(int)Errno.ENXIO}");
        Printk.Error($"VFS: no block devices: nothing can be mounted {(IsReadOnly ? "read-only"u8 : "read-write"u8)}; pass an initramfs with an init");
        Panic.Now($"VFS: Unable to mount root fs on unknown-block(0,0)");
    }
}

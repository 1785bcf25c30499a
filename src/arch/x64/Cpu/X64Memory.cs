// Where the kernel lies, by the linker's word, and where all physical memory can be read.
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Commence.Arch.X64;

/// <summary>Addresses that the linker script and the boot page tables fix.</summary>
public static class X64Memory
{
    /// <summary>Start of the direct map: physical address 0.</summary>
    public const ulong DirectMapBase = 0xFFFF_8880_0000_0000;

    /// <summary>Virtual minus physical address of the kernel image.</summary>
    public const ulong KernelBase = 0xFFFF_FFFF_8000_0000;

    /// <summary>Bytes of the direct map that the boot page tables cover.</summary>
    public const ulong BootDirectMapBytes = 4ul << 30;

    public static ulong KernelStart => GetKernelStart();

    public static ulong TextStart => GetKernelStart();

    public static ulong TextEnd => GetTextEnd();

    public static ulong RodataStart => GetRodataStart();

    public static ulong RodataEnd => GetRodataEnd();

    public static ulong DataStart => GetDataStart();

    public static ulong KernelEnd => GetKernelEnd();

    /// <summary>Start of the data that begins as zero.</summary>
    public static ulong BssStart => GetBssStart();

    /// <summary>Pages that only early boot needs.</summary>
    public static ulong InitStart => GetInitStart();

    public static ulong InitEnd => GetInitEnd();

    /// <summary>Physical range of the 32-bit entry code, free after boot.</summary>
    public static ulong BootStart => GetBootStart();

    public static ulong BootEnd => GetBootEnd();

    /// <summary>Top of the stack on which the boot processor starts.</summary>
    public static ulong BootStackTop => GetBootStackTop();

    /// <summary>Top-level page table in use at entry (virtual address in the kernel image).</summary>
    public static ulong BootPageTable => GetBootPml4();

    /// <summary>The table below it that maps low memory in early boot.</summary>
    internal static ulong BootPointerTable => GetBootPdpt();

    /// <summary>Where the direct map shows physical memory.</summary>
    internal static VirtAddr ToVirtual(PhysAddr physical) => new(DirectMapBase + physical.Value);

    /// <summary>Where a variable lies. It stays there: nothing in the kernel moves objects.</summary>
    internal static VirtAddr AddressOf<T>(ref readonly T variable)
    {
        // SAFETY: only the number is taken.
        unsafe
        {
            return new VirtAddr((ulong)Unsafe.AsPointer(in variable));
        }
    }

    /// <summary>The return address above a saved frame pointer; 0 if the frame cannot be one.</summary>
    internal static ulong ReturnAddress(ulong frame) => ReadStack(frame + sizeof(ulong));

    /// <summary>A word of a kernel stack; 0 if the address cannot be on one.</summary>
    internal static ulong ReadStack(ulong address)
    {
        if (address < DirectMapBase || (address & 7) != 0)
            return 0;
        // SAFETY: an aligned address in the kernel's half. If it is not mapped after all, the fault says so in the panic.
        unsafe
        {
            return *(ulong*)address;
        }
    }

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_kernel_start")]
    private static extern ulong GetKernelStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_text_end")]
    private static extern ulong GetTextEnd();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_rodata_start")]
    private static extern ulong GetRodataStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_rodata_end")]
    private static extern ulong GetRodataEnd();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_data_start")]
    private static extern ulong GetDataStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_kernel_end")]
    private static extern ulong GetKernelEnd();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_boot_start")]
    private static extern ulong GetBootStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_boot_end")]
    private static extern ulong GetBootEnd();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_boot_stack_top")]
    private static extern ulong GetBootStackTop();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_bss_start")]
    private static extern ulong GetBssStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_init_start")]
    private static extern ulong GetInitStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_init_end")]
    private static extern ulong GetInitEnd();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_boot_pdpt")]
    private static extern ulong GetBootPdpt();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_boot_pml4")]
    private static extern ulong GetBootPml4();
}

/*
 * The first instructions of the boot processor: from the loader's 32-bit code to C#.
 *
 *   pvh_entry         QEMU's -kernel                    EBX → start info
 *   multiboot2_entry  GRUB, started by BIOS or UEFI     EBX → boot information, EAX = its magic
 *   both              32-bit, paging off, flat segments, interrupts off; everything else is unknown
 *     clear BSS, once and only here
 *     boot page tables: identity and direct map of the first 4 GiB, the kernel at -2 GiB
 *     long mode → high half → C# `KernelStart`
 *
 * There is no multiboot1 header: QEMU looks for it before the PVH note, and refuses a 64-bit image that has it.
 *
 * The other processors come through arch/x64/Smp/Trampoline.S and skip what only the first may do.
 *
 * Sources: Xen PVH boot ABI (hvm/start_info.h: entry state); Multiboot2 Specification 2.0 §3.1 "OS image format",
 * §3.3 "I386 machine state"; SDM Vol 3A §10.8.5 "Initializing IA-32e Mode".
 */
#include "asm.h"

#define CR0_PE 0x1
#define CR0_MP 0x2
#define CR0_WP 0x10000
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400
#define EFER_LME 0x100
#define EFER_NXE 0x800
#define PTE_PRESENT_WRITABLE 0x3
#define PTE_LARGE 0x80

#define PHYS(symbol) ((symbol) - KERNEL_BASE)

/* XEN_ELFNOTE_PHYS32_ENTRY (18): where a PVH loader jumps to, in 32-bit mode. */
	.section .note.pvh, "a", @note
	.balign 4
	.long 4
	.long 4
	.long 18
	.asciz "Xen"
	.long pvh_entry

/*
 * What a multiboot2 loader looks for in the file's first 32 KiB, on 8 bytes. Without a tag for it the loader ends UEFI's boot
 * services before it enters; it places the image where its segments say, and gives up if that memory is not free.
 */
#define MULTIBOOT2_HEADER_MAGIC 0xE85250D6
#define MULTIBOOT2_I386 0
#define TAG_END 0
#define TAG_INFORMATION_REQUEST 1
#define TAG_ENTRY_ADDRESS 3
#define TAG_MODULE_ALIGN 6
#define TAG_OPTIONAL 1
#define INFO_COMMAND_LINE 1
#define INFO_MODULE 3
#define INFO_MEMORY_MAP 6
#define INFO_OLD_RSDP 14
#define INFO_NEW_RSDP 15
#define INFO_EFI_MEMORY_MAP 17
#define HEADER_LENGTH (multiboot2_header_end - multiboot2_header)

	.section .multiboot2, "a", @progbits
	.balign 8
multiboot2_header:
	.long MULTIBOOT2_HEADER_MAGIC
	.long MULTIBOOT2_I386
	.long HEADER_LENGTH
	.long -(MULTIBOOT2_HEADER_MAGIC + MULTIBOOT2_I386 + HEADER_LENGTH)
	.balign 8
1:	.word TAG_INFORMATION_REQUEST, 0	/* the loader must know these */
	.long 2f - 1b
	.long INFO_COMMAND_LINE, INFO_MODULE, INFO_MEMORY_MAP
2:	.balign 8
1:	.word TAG_INFORMATION_REQUEST, TAG_OPTIONAL
	.long 2f - 1b
	.long INFO_OLD_RSDP, INFO_NEW_RSDP, INFO_EFI_MEMORY_MAP
2:	.balign 8
	.word TAG_ENTRY_ADDRESS, 0
	.long 12
	.long multiboot2_entry
	.balign 8
	.word TAG_MODULE_ALIGN, 0		/* modules on pages of their own, so that these can be given back */
	.long 8
	.word TAG_END, 0
	.long 8
multiboot2_header_end:

	.section .boot.text, "ax", @progbits
	.code32
FUNCTION multiboot2_entry
	movl %eax, %esi				/* the protocol, for C#: the loader's magic, or 0 for PVH */
	jmp boot_entry
END_FUNCTION multiboot2_entry

FUNCTION pvh_entry
	xorl %esi, %esi
boot_entry:
	cli
	cld
	movl %ebx, %ebp				/* the loader's message, kept until C# */

	/* BSS first: the tables below lie in it. Nothing is on a stack yet. */
	movl $PHYS(bss_start), %edi
	movl $PHYS(bss_end), %ecx
	subl %edi, %ecx
	shrl $2, %ecx
	xorl %eax, %eax
	rep stosl

	/* A machine may have less memory than the image takes, and nobody has looked: what is not there does not keep a value. */
	movl $0x55AA1234, PHYS(bss_end) - 4
	cmpl $0x55AA1234, PHYS(bss_end) - 4
	jne no_memory
	movl $0, PHYS(bss_end) - 4

	/* Four page directories map the first 4 GiB in 2 MiB pages. */
	movl $PHYS(boot_pd), %edi
	movl $(PTE_PRESENT_WRITABLE | PTE_LARGE), %eax
	movl $2048, %ecx
1:	movl %eax, (%edi)
	addl $0x200000, %eax
	addl $8, %edi
	decl %ecx
	jnz 1b

	/* One page-directory pointer table serves the identity and the direct map, one the kernel at -2 GiB. */
	movl $PHYS(boot_pd) + PTE_PRESENT_WRITABLE, %eax
	movl %eax, PHYS(boot_pdpt)
	movl %eax, PHYS(boot_kernel_pdpt) + 510 * 8
	addl $0x1000, %eax
	movl %eax, PHYS(boot_pdpt) + 8
	movl %eax, PHYS(boot_kernel_pdpt) + 511 * 8
	addl $0x1000, %eax
	movl %eax, PHYS(boot_pdpt) + 16
	addl $0x1000, %eax
	movl %eax, PHYS(boot_pdpt) + 24

	movl $PHYS(boot_pdpt) + PTE_PRESENT_WRITABLE, %eax
	movl %eax, PHYS(boot_pml4)
	movl %eax, PHYS(boot_pml4) + 273 * 8	/* DIRECT_MAP_BASE: 0xFFFF8880_00000000 is slot 273 */
	movl $PHYS(boot_kernel_pdpt) + PTE_PRESENT_WRITABLE, %eax
	movl %eax, PHYS(boot_pml4) + 511 * 8

	/* Long mode and NX, or a processor that cannot. CPUID 0x80000001: EDX bit 29 LM, bit 20 NX. */
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb no_long_mode
	movl $0x80000001, %eax
	cpuid
	andl $(1 << 29 | 1 << 20), %edx
	cmpl $(1 << 29 | 1 << 20), %edx
	jne no_long_mode

	/* Nothing of what a loader left in CR4 stays: with LA57 the tables below would be read as five levels. */
	movl $(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
	movl %eax, %cr4
	movl $PHYS(boot_pml4), %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $(EFER_LME | EFER_NXE), %eax
	wrmsr
	movl $(CR0_PE | CR0_MP | CR0_WP | CR0_PG), %eax
	movl %eax, %cr0
	lgdt boot_gdt_pointer
	ljmp $KERNEL_CS, $boot_long_mode
END_FUNCTION pvh_entry

/* Says so on the first serial line, since nothing else can: the console needs long mode. */
no_memory:
	movl $no_memory_text, %esi
	jmp 1f
no_long_mode:
	movl $no_long_mode_text, %esi
1:	lodsb
	testb %al, %al
	jz 3f
	movb %al, %bl
	movw $0x3FD, %dx
2:	inb %dx, %al
	testb $0x20, %al
	jz 2b
	movw $0x3F8, %dx
	movb %bl, %al
	outb %al, %dx
	jmp 1b
3:	hlt
	jmp 3b

	.code64
boot_long_mode:
	movabsq $boot_high, %rax
	jmpq *%rax

	.section .boot.data, "a", @progbits
	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00AF9B000000FFFF		/* KERNEL_CS: 64-bit code, accessed, so that loading it never writes */
	.quad 0x00CF93000000FFFF		/* KERNEL_DS */
boot_gdt_pointer:
	.word . - boot_gdt - 1
	.quad boot_gdt
no_memory_text:
	.asciz "Commence: memory ends before the kernel's image does; it cannot run here.\r\n"
no_long_mode_text:
	.asciz "Commence: this processor has no 64-bit mode with NX; it cannot run here.\r\n"

	.text
	.code64
boot_high:
	movl $KERNEL_DS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	leaq boot_stack_top(%rip), %rsp
	movl %ebp, %edi				/* arguments: physical address of the loader's message, */
	movl %esi, %esi				/* and its protocol */
	xorl %ebp, %ebp				/* end of the chain of frames */
	call KernelStart			/* C#: src/image/Program.cs; never returns */
	ud2

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl boot_pml4
boot_pml4:
	.skip 4096
	.globl boot_pdpt
boot_pdpt:
	.skip 4096
boot_pd:
	.skip 4096				/* first GiB: it and the two above serve again where other processors start */
	.globl init_start
init_start:					/* after boot: nobody's, given back */
	.skip 4096 * 3				/* boot_pd goes on */
boot_kernel_pdpt:
	.skip 4096
	.globl init_end
init_end:
	.skip 4096				/* guard page: not mapped by the final page tables */
	.globl boot_stack
boot_stack:
	.skip 16384
	.globl boot_stack_top
boot_stack_top:

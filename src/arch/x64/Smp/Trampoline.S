/*
 * The start of every processor but the first: 16 → 32 → 64 bits, on one page below 1 MB that is its boot area and its stack.
 *
 *   page + 0      this code, copied here; the start-up message names the page
 *        + …      descriptor table and far pointers, patched by the code itself with the page's address
 *        + 0xF80  X64BootPage: what the boot processor hands over (X64BootPage.cs)
 *        + 0xF80  top of the stack, which grows down towards the code
 *
 * The page's address comes from CS, so nothing is shared: all processors may run their copies at once, without a lock and
 * without a table to search.
 *
 * Sources: SDM Vol 3A §8.4.4.2 "Typical AP Initialization Sequence", §9.9 "Mode Switching", §10.8.5 "Initializing IA-32e Mode".
 */
#include "asm.h"

/* X64BootPage: X64BootPage.cs */
#define PAGE_DATA 0xF80
#define BOOT_STATE (PAGE_DATA + 0)
#define BOOT_CR3 (PAGE_DATA + 8)
#define BOOT_ENTRY (PAGE_DATA + 16)
#define BOOT_SELF (PAGE_DATA + 24)

#define STATE_REAL_MODE 1
#define STATE_PROTECTED 2
#define STATE_LONG_MODE 3

#define OFFSET(symbol) ((symbol) - trampoline_start)

	.section .rodata
	.balign 16
	.globl trampoline_start
trampoline_start:
	.code16
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	movw %ax, %ss
	movl $PAGE_DATA, %esp
	movb $STATE_REAL_MODE, BOOT_STATE	/* "it ran": told apart from a processor that never did */

	/* The page's linear address, into everything that needs it. */
	movzwl %ax, %ebx
	shll $4, %ebx
	leal OFFSET(trampoline_gdt)(%ebx), %eax
	movl %eax, OFFSET(trampoline_gdt_pointer) + 2
	leal OFFSET(trampoline_32)(%ebx), %eax
	movl %eax, OFFSET(trampoline_far_32)
	leal OFFSET(trampoline_64)(%ebx), %eax
	movl %eax, OFFSET(trampoline_far_64)

	lgdtl OFFSET(trampoline_gdt_pointer)
	movl $1, %eax				/* PE; caches on, whatever INIT left */
	movl %eax, %cr0
	ljmpl *OFFSET(trampoline_far_32)

	.code32
trampoline_32:
	movw $KERNEL_DS, %ax
	movw %ax, %ds
	movw %ax, %ss
	leal PAGE_DATA(%ebx), %esp
	movb $STATE_PROTECTED, BOOT_STATE(%ebx)

	movl $0x620, %eax			/* CR4: PAE, OSFXSR, OSXMMEXCPT */
	movl %eax, %cr4
	movl BOOT_CR3(%ebx), %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $0x900, %eax			/* LME, NXE */
	wrmsr
	movl $0x80010003, %eax			/* CR0: PG, WP, MP, PE */
	movl %eax, %cr0
	ljmpl *OFFSET(trampoline_far_64)(%ebx)

	.code64
trampoline_64:
	movl %ebx, %esp
	addq $PAGE_DATA, %rsp
	movb $STATE_LONG_MODE, BOOT_STATE(%rbx)
	movq BOOT_SELF(%rbx), %rdi		/* this page's data through the direct map */
	jmpq *BOOT_ENTRY(%rbx)			/* secondary_entry, in the kernel's half */

	.balign 8
trampoline_gdt:
	.quad 0
	.quad 0x00AF9B000000FFFF		/* KERNEL_CS */
	.quad 0x00CF93000000FFFF		/* KERNEL_DS */
	.quad 0x00CF9B000000FFFF		/* 18: 32-bit code */
trampoline_gdt_pointer:
	.word . - trampoline_gdt - 1
	.long 0
	.balign 4
trampoline_far_32:
	.long 0
	.word 0x18
	.balign 4
trampoline_far_64:
	.long 0
	.word KERNEL_CS
	.globl trampoline_end
trampoline_end:

	.text
FUNCTION x64_trampoline_start
	leaq trampoline_start(%rip), %rax
	ret
END_FUNCTION x64_trampoline_start

FUNCTION x64_trampoline_size
	movl $(trampoline_end - trampoline_start), %eax
	ret
END_FUNCTION x64_trampoline_size

FUNCTION x64_secondary_entry_address
	movq $secondary_entry, %rax
	ret
END_FUNCTION x64_secondary_entry_address

/* void x64_continue_on(ulong stackTop): gives up the stack of the boot page. */
FUNCTION x64_continue_on
	movq %rdi, %rsp
	xorl %ebp, %ebp
	call SecondaryOnline			/* C#: X64SecondaryBoot.cs; never returns */
	ud2
END_FUNCTION x64_continue_on

/*
 * The start of every processor but the first: 16 → 32 → 64 bits.
 *
 *   boot page (below 1 MB, one for each processor)            .boot (1 MiB, shared)              kernel's half
 *   + 0      trampoline_start: 16-bit code, a copy    ──────▶ trampoline_32 ─▶ trampoline_64 ──▶ secondary_entry
 *   + 0xF80  X64BootPage: what the boot processor hands over
 *   + 0xF80  top of the stack, which grows down towards the code
 *
 * The page's address comes from CS. It is the processor's own page, or the start page, on which all begin: then the
 * processor finds its own by its APIC's id, in a table that nobody writes meanwhile. Either way there is no lock, and all
 * may run at once. Why the start page: docs/adr/0005-one-start-page.md. The copies are never patched.
 *
 * A fault is survived from the switch to 32 bits on: the processor notes it in its boot page and halts, instead of a triple
 * fault that would reset the machine. In 16-bit mode the firmware's vectors are in force; those return or halt. Between the
 * switch to 64 bits and the table for it lie a dozen instructions that are not covered.
 *
 * Sources: SDM Vol 3A §8.4.4.2 "Typical AP Initialization Sequence", §9.9 "Mode Switching", §10.8.5 "Initializing IA-32e
 * Mode"; exceptions with an error code: Table 6-1.
 */
#include "asm.h"

/* X64BootPage: X64BootPage.cs */
#define PAGE_DATA 0xF80
#define BOOT_STAGE 0
#define BOOT_CR3 8
#define BOOT_SELF 16
#define BOOT_STACK 24
#define BOOT_FAULT_VECTOR 32		/* vector + 1; 0: none */
#define BOOT_FAULT_CODE 36
#define BOOT_FAULT_ADDRESS 40
#define BOOT_DIRECTORY 48		/* the start page: physical address of the table; a processor's own page: 0 */

#define DIRECTORY_MASK 511		/* slots - 1: X64StartDirectory.cs */
#define MSR_APIC_BASE 0x1B
#define APIC_BASE_X2APIC 0x400
#define MSR_X2APIC_ID 0x802
#define XAPIC_ID 0x20

#define STAGE_REAL_MODE 1
#define STAGE_PROTECTED 2
#define STAGE_LONG_MODE 3

#define START_CODE_32 0x18
#define START_VECTORS 32
#define HAS_ERROR_CODE 0x60227D00	/* vectors 8, 10–14, 17, 21, 29, 30 */

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
	cmpl $0, PAGE_DATA + BOOT_DIRECTORY
	jne 1f
	movb $STAGE_REAL_MODE, PAGE_DATA + BOOT_STAGE	/* "it ran": told apart from a processor that never did */
1:
	movzwl %ax, %ebx
	shll $4, %ebx				/* the page's linear address, for all that follows */
	lgdtl trampoline_gdt_pointer - trampoline_start
	lidtl trampoline_idt_pointer - trampoline_start
	movl $0x11, %eax			/* CR0: PE, ET; caches on, whatever INIT left */
	movl %eax, %cr0
	ljmpl $START_CODE_32, $trampoline_32

	.balign 4
trampoline_gdt_pointer:
	.word start_gdt_end - start_gdt - 1
	.long start_gdt
trampoline_idt_pointer:
	.word START_VECTORS * 8 - 1
	.long start_idt_32
	.globl trampoline_end
trampoline_end:

	.section .boot.text, "ax", @progbits
	.code32
trampoline_32:
	movw $KERNEL_DS, %ax
	movw %ax, %ds
	movw %ax, %ss
	leal PAGE_DATA(%ebx), %esp		/* all may share it for a moment: nothing is pushed but by a fault */
	movl PAGE_DATA + BOOT_DIRECTORY(%ebx), %esi
	testl %esi, %esi
	jz own_page

	/*
	 * Its own id, as the APIC has it: firmware may have changed what CPUID says. In xAPIC mode the register holds eight
	 * bits only, and a processor with more answers messages for another one: CPUID leaf 0Bh has the whole id, if its low
	 * eight bits agree (SDM Vol 3A §10.12.8 "CPUID Extensions And Topology Enumeration").
	 */
	movl $MSR_APIC_BASE, %ecx
	rdmsr
	testl $APIC_BASE_X2APIC, %eax
	jz 1f
	movl $MSR_X2APIC_ID, %ecx
	rdmsr
	jmp 2f
1:	andl $0xFFFFF000, %eax
	movl XAPIC_ID(%eax), %ebp
	shrl $24, %ebp
	xorl %eax, %eax
	cpuid
	cmpl $0x0B, %eax
	jb 4f
	movl $0x0B, %eax
	xorl %ecx, %ecx
	cpuid
	testw %bx, %bx				/* 0: there is no such level */
	jz 4f
	movzbl %dl, %eax
	cmpl %eax, %ebp
	jne 4f
	movl %edx, %ebp
4:	movl %ebp, %eax

	/* Slot by slot from the id's own on: id, page. A page of 0 ends the search; there always is one. */
2:	movl %eax, %edi
3:	andl $DIRECTORY_MASK, %edi
	movl 4(%esi, %edi, 8), %ebx
	testl %ebx, %ebx
	jz not_listed
	cmpl %eax, (%esi, %edi, 8)
	je own_page
	incl %edi
	jmp 3b

/* Nobody asked this processor to start. */
not_listed:
	cli
	hlt
	jmp not_listed

own_page:
	leal PAGE_DATA(%ebx), %esp
	movl %esp, %edi				/* X64BootPage */
	movb $STAGE_PROTECTED, BOOT_STAGE(%edi)

	movl $0x620, %eax			/* CR4: PAE, OSFXSR, OSXMMEXCPT; PGE later: X64Features.cs */
	movl %eax, %cr4
	movl BOOT_CR3(%edi), %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $0x900, %eax			/* LME, NXE */
	wrmsr
	movl $0x80010033, %eax			/* CR0: PG, WP, NE, ET, MP, PE */
	movl %eax, %cr0
	ljmpl $KERNEL_CS, $trampoline_64

	.code64
trampoline_64:
	movl %edi, %edi
	movb $STAGE_LONG_MODE, BOOT_STAGE(%rdi)
	movq BOOT_SELF(%rdi), %rdi		/* the same through the direct map: low memory goes away */
	movl $MSR_GS_BASE, %ecx			/* where a fault is noted until the kernel's own traps are loaded */
	movl %edi, %eax
	movq %rdi, %rdx
	shrq $32, %rdx
	wrmsr
	movabsq $x64_start_idt_pointer, %rax
	lidt (%rax)
	movabsq $secondary_entry, %rax
	jmpq *%rax

/* Faults in 32-bit mode. The stack is in the boot page, so its address gives the page. */
	.code32
	.balign 8
start_faults_32:
	.set vector, 0
	.rept START_VECTORS
	.balign 8
	pushl $vector
	jmp start_fault_32
	.set vector, vector + 1
	.endr

start_fault_32:
	popl %ecx
	xorl %edx, %edx
	movl $HAS_ERROR_CODE, %eax
	btl %ecx, %eax
	jnc 1f
	popl %edx
1:	movl %esp, %ebx
	andl $0xFFFFF000, %ebx
	popl %eax				/* EIP */
	movl %eax, PAGE_DATA + BOOT_FAULT_ADDRESS(%ebx)
	movl %edx, PAGE_DATA + BOOT_FAULT_CODE(%ebx)
	incl %ecx
	movl %ecx, PAGE_DATA + BOOT_FAULT_VECTOR(%ebx)	/* last: it says that the others are valid */
2:	cli
	hlt
	jmp 2b

	.section .boot.data, "a", @progbits
	.balign 8
start_gdt:
	.quad 0
	.quad 0x00AF9B000000FFFF		/* KERNEL_CS */
	.quad 0x00CF93000000FFFF		/* KERNEL_DS */
	.quad 0x00CF9B000000FFFF		/* START_CODE_32 */
start_gdt_end:
	.balign 8
	.globl start_idt_32
start_idt_32:					/* filled before the first start: X64StartTraps.cs */
	.skip START_VECTORS * 8

	.text
	.code64
/*
 * Where every other processor arrives in the kernel's half: long mode, the start table, its boot page as the stack.
 *   RDI  X64BootPage*, in the direct map
 */
FUNCTION secondary_entry
	movl $KERNEL_DS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs				/* GS is not touched: its base was set a moment ago */
	movq BOOT_STACK(%rdi), %rsp		/* its idle task's stack */
	xorl %ebp, %ebp
	call SecondaryStart			/* C#: src/image/Program.cs; never returns */
	ud2
END_FUNCTION secondary_entry

/* Faults in 64-bit mode before the kernel's own traps are loaded. GS shows the boot page. */
	.balign 16
	.globl start_faults_64
start_faults_64:
	.set vector, 0
	.rept START_VECTORS
	.balign 16
	pushq $vector
	jmp start_fault_64
	.set vector, vector + 1
	.endr

start_fault_64:
	popq %rcx
	xorl %edx, %edx
	movl $HAS_ERROR_CODE, %eax
	btl %ecx, %eax
	jnc 1f
	popq %rdx
1:	popq %rax				/* RIP */
	movq %rax, %gs:BOOT_FAULT_ADDRESS
	movl %edx, %gs:BOOT_FAULT_CODE
	incl %ecx
	movl %ecx, %gs:BOOT_FAULT_VECTOR
2:	cli
	hlt
	jmp 2b

FUNCTION x64_trampoline_start
	leaq trampoline_start(%rip), %rax
	ret
END_FUNCTION x64_trampoline_start

FUNCTION x64_trampoline_size
	movl $(trampoline_end - trampoline_start), %eax
	ret
END_FUNCTION x64_trampoline_size

FUNCTION x64_start_faults_32
	movl $start_faults_32, %eax
	ret
END_FUNCTION x64_start_faults_32

FUNCTION x64_start_faults_64
	leaq start_faults_64(%rip), %rax
	ret
END_FUNCTION x64_start_faults_64

/* Physical address of the 32-bit table. */
FUNCTION x64_start_idt_32
	movl $start_idt_32, %eax
	ret
END_FUNCTION x64_start_idt_32

/* void x64_set_start_idt(ulong table, ulong limit) */
FUNCTION x64_set_start_idt
	movw %si, x64_start_idt_pointer(%rip)
	movq %rdi, x64_start_idt_pointer + 2(%rip)
	ret
END_FUNCTION x64_set_start_idt

	.bss
	.balign 8
x64_start_idt_pointer:
	.skip 10

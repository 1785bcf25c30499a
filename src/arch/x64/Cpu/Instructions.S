/* Instructions that C# cannot say, one function each. Argument order: RDI, RSI, RDX. */
#include "asm.h"

	.text
	.code64

FUNCTION x64_sti_hlt
	sti
	hlt
	ret
END_FUNCTION x64_sti_hlt

FUNCTION x64_halt
1:	cli
	hlt
	jmp 1b
END_FUNCTION x64_halt

FUNCTION x64_sti
	sti
	ret
END_FUNCTION x64_sti

FUNCTION x64_cli
	cli
	ret
END_FUNCTION x64_cli

FUNCTION x64_pause
	pause
	ret
END_FUNCTION x64_pause

FUNCTION x64_read_flags
	pushfq
	popq %rax
	ret
END_FUNCTION x64_read_flags

/* Returns RFLAGS as it was; interrupts are off afterwards. */
FUNCTION x64_save_flags_cli
	pushfq
	popq %rax
	cli
	ret
END_FUNCTION x64_save_flags_cli

FUNCTION x64_in8
	movl %edi, %edx
	xorl %eax, %eax
	inb %dx, %al
	ret
END_FUNCTION x64_in8

FUNCTION x64_in16
	movl %edi, %edx
	xorl %eax, %eax
	inw %dx, %ax
	ret
END_FUNCTION x64_in16

FUNCTION x64_in32
	movl %edi, %edx
	inl %dx, %eax
	ret
END_FUNCTION x64_in32

FUNCTION x64_out8
	movl %edi, %edx
	movl %esi, %eax
	outb %al, %dx
	ret
END_FUNCTION x64_out8

FUNCTION x64_out16
	movl %edi, %edx
	movl %esi, %eax
	outw %ax, %dx
	ret
END_FUNCTION x64_out16

FUNCTION x64_out32
	movl %edi, %edx
	movl %esi, %eax
	outl %eax, %dx
	ret
END_FUNCTION x64_out32

FUNCTION x64_rdmsr
	movl %edi, %ecx
	rdmsr
	shlq $32, %rdx
	orq %rdx, %rax
	ret
END_FUNCTION x64_rdmsr

FUNCTION x64_wrmsr
	movl %edi, %ecx
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
	wrmsr
	ret
END_FUNCTION x64_wrmsr

FUNCTION x64_wbinvd
	wbinvd
	ret
END_FUNCTION x64_wbinvd

FUNCTION x64_rdtsc
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	ret
END_FUNCTION x64_rdtsc

FUNCTION x64_rdtsc_ordered
	lfence
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	ret
END_FUNCTION x64_rdtsc_ordered

/* uint x64_rdrand(ulong *value): 1 if there was a number. */
FUNCTION x64_rdrand
	xorl %eax, %eax
	rdrand %rdx
	setc %al
	movq %rdx, (%rdi)
	ret
END_FUNCTION x64_rdrand

/* void x64_cpuid(uint leaf, uint subleaf, uint out[4]) */
FUNCTION x64_cpuid
	pushq %rbx
	movq %rdx, %r8
	movl %edi, %eax
	movl %esi, %ecx
	cpuid
	movl %eax, (%r8)
	movl %ebx, 4(%r8)
	movl %ecx, 8(%r8)
	movl %edx, 12(%r8)
	popq %rbx
	ret
END_FUNCTION x64_cpuid

.macro READ_CR name, register
FUNCTION \name
	movq \register, %rax
	ret
END_FUNCTION \name
.endm

.macro WRITE_CR name, register
FUNCTION \name
	movq %rdi, \register
	ret
END_FUNCTION \name
.endm

READ_CR x64_read_cr0, %cr0
READ_CR x64_read_cr2, %cr2
READ_CR x64_read_cr3, %cr3
READ_CR x64_read_cr4, %cr4
WRITE_CR x64_write_cr0, %cr0
WRITE_CR x64_write_cr3, %cr3
WRITE_CR x64_write_cr4, %cr4

FUNCTION x64_invlpg
	invlpg (%rdi)
	ret
END_FUNCTION x64_invlpg

FUNCTION x64_xsetbv
	xorl %ecx, %ecx
	movl %edi, %eax
	movq %rdi, %rdx
	shrq $32, %rdx
	xsetbv
	ret
END_FUNCTION x64_xsetbv

/* void x64_lgdt(const void *pointer10): loads the table, then every segment register that names one of its entries. */
FUNCTION x64_load_gdt
	lgdt (%rdi)
	movl $KERNEL_DS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	popq %rax
	pushq $KERNEL_CS
	pushq %rax
	lretq
END_FUNCTION x64_load_gdt

FUNCTION x64_load_idt
	lidt (%rdi)
	ret
END_FUNCTION x64_load_idt

FUNCTION x64_load_tr
	ltr %di
	ret
END_FUNCTION x64_load_tr

/* void x64_fpu_save(void *area, ulong mask, bool useXsave) and its counterpart. SDM Vol 1 §13.7, XSAVE. */
FUNCTION x64_fpu_save
	testl %edx, %edx
	jz 1f
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
	xsave64 (%rdi)
	ret
1:	fxsave64 (%rdi)
	ret
END_FUNCTION x64_fpu_save

FUNCTION x64_fpu_restore
	testl %edx, %edx
	jz 1f
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
	xrstor64 (%rdi)
	ret
1:	fxrstor64 (%rdi)
	ret
END_FUNCTION x64_fpu_restore

/* Frame pointer of the caller, for stack traces. */
FUNCTION x64_read_rbp
	movq %rbp, %rax
	ret
END_FUNCTION x64_read_rbp

/* Linker symbols as numbers. */
.macro ADDRESS_OF name, symbol
FUNCTION \name
	movq $\symbol, %rax
	ret
END_FUNCTION \name
.endm

ADDRESS_OF x64_kernel_start, kernel_start
ADDRESS_OF x64_text_end, text_end
ADDRESS_OF x64_rodata_start, rodata_start
ADDRESS_OF x64_rodata_end, rodata_end
ADDRESS_OF x64_data_start, data_start
ADDRESS_OF x64_kernel_end, kernel_end
ADDRESS_OF x64_boot_start, boot_start
ADDRESS_OF x64_boot_end, boot_end
ADDRESS_OF x64_modules_start, modules_start
ADDRESS_OF x64_ex_table_start, ex_table_start
ADDRESS_OF x64_ex_table_end, ex_table_end
ADDRESS_OF x64_bss_start, bss_start
ADDRESS_OF x64_init_start, init_start
ADDRESS_OF x64_init_end, init_end
ADDRESS_OF x64_boot_pml4, boot_pml4
ADDRESS_OF x64_boot_pdpt, boot_pdpt
ADDRESS_OF x64_boot_stack_top, boot_stack_top

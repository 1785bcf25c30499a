/*
 * Every way into the kernel after boot: 256 vectors and SYSCALL.
 *
 * What an entry does, in this order: makes GS the kernel's (SWAPGS when it comes from user mode), saves all integer
 * registers and the SIMD registers that compiled C# touches (xmm0, xmm1, xmm8: the build checks that it uses no other),
 * closes user memory to the kernel (SMAP), and calls C# with the frame as argument. The stack is 16-byte aligned there, as the convention wants.
 *
 * NMI, double fault, machine check and debug may arrive between any two instructions, SWAPGS included, so they do not ask
 * CS whose GS is loaded but look at the base itself: the kernel's is in the upper half.
 *
 * Sources: SDM Vol 3A §6.14 "Exception and Interrupt Handling in 64-bit Mode"; Vol 2B SYSCALL, SYSRET, SWAPGS.
 */
#include "asm.h"

	.text
	.code64

.macro PUSH_REGISTERS
	pushq %rax
	pushq %rcx
	pushq %rdx
	pushq %rbx
	pushq %rbp
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	subq $FRAME_XMM, %rsp
	movups %xmm0, (%rsp)
	movups %xmm1, 16(%rsp)
	movups %xmm8, 32(%rsp)
	cld
	testb $1, x64_user_access_guarded(%rip)	/* what was interrupted may have had user memory open (UserCopy.S) */
	jz 90f
	clac
90:
.endm

.macro POP_REGISTERS
	movups (%rsp), %xmm0
	movups 16(%rsp), %xmm1
	movups 32(%rsp), %xmm8
	addq $FRAME_XMM, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rbp
	popq %rbx
	popq %rdx
	popq %rcx
	popq %rax
.endm

/*
 * Last thing before user mode, where chosen (X64Speculation.cs): VERW with a memory operand overwrites the buffers from which
 * MDS and its kin read (Intel, "Microarchitectural Data Sampling"). It changes ZF only: before IRET or after R11 is what
 * SYSRET loads, that does not matter.
 */
.macro CLEAR_BUFFERS
	testb $1, x64_clears_buffers(%rip)
	jz 92f
	verw x64_verw_selector(%rip)
92:
.endm

	.data
	.globl x64_clears_buffers
x64_clears_buffers:
	.byte 0
	.balign 2
x64_verw_selector:
	.word KERNEL_DS
	.text

FUNCTION x64_clear_buffers_on_exit
	movb $1, x64_clears_buffers(%rip)
	ret
END_FUNCTION x64_clear_buffers_on_exit

/* The stubs: 16 bytes each, found by vector number (X64InterruptTable.cs). Vectors with an error code: SDM Vol 3A Table 6-1. */
	.balign 16
	.globl trap_stubs
trap_stubs:
	.set vector, 0
	.rept 256
	.balign 16
	.if vector != 8 && vector != 10 && vector != 11 && vector != 12 && vector != 13 && vector != 14 && vector != 17 && vector != 21 && vector != 29 && vector != 30
	pushq $0
	.endif
	pushq $vector
	.if vector == 1 || vector == 2 || vector == 8 || vector == 18
	jmp paranoid_entry
	.else
	jmp trap_entry
	.endif
	.set vector, vector + 1
	.endr

FUNCTION trap_entry
	testb $3, 24(%rsp)			/* CS of the interrupted code */
	jz 1f
	swapgs
1:	lfence					/* a wrong guess at that branch would read through the other GS */
	PUSH_REGISTERS
	movq %rsp, %rdi
	xorl %ebp, %ebp				/* frames below belong to other code */
	testb $3, FRAME_CS(%rsp)
	jnz 2f
	movq FRAME_XMM + 10 * 8(%rsp), %rbp	/* kernel code was interrupted: its chain of frames goes on */
2:	call TrapEntry				/* C#: X64Traps.cs */
END_FUNCTION trap_entry

	.globl trap_return
trap_return:
	cli
	testb $3, FRAME_CS(%rsp)
	jz 1f
	POP_REGISTERS
	CLEAR_BUFFERS
	swapgs
	addq $16, %rsp				/* vector, error code */
	iretq
1:	POP_REGISTERS
	addq $16, %rsp
	iretq

FUNCTION paranoid_entry
	PUSH_REGISTERS
	movl $MSR_GS_BASE, %ecx
	rdmsr
	xorl %ebx, %ebx				/* kept across the call: whether to swap back */
	testl %edx, %edx
	js 1f
	swapgs
	movl $1, %ebx
1:	lfence					/* as above */
	movq %rsp, %rdi
	xorl %ebp, %ebp
	testb $3, FRAME_CS(%rsp)
	jnz 2f
	movq FRAME_XMM + 10 * 8(%rsp), %rbp
2:	call TrapEntry
	cli
	testl %ebx, %ebx
	jz 3f
	CLEAR_BUFFERS
	swapgs
3:	POP_REGISTERS
	addq $16, %rsp
	iretq
END_FUNCTION paranoid_entry

/*
 * SYSCALL: RCX = user RIP, R11 = user RFLAGS, interrupts off (IA32_FMASK), still on the user's stack.
 * The frame looks like an interrupt's, with VECTOR_SYSCALL as vector and the call's number as error code.
 */
FUNCTION syscall_entry
	swapgs
	movq %rsp, %gs:PERCPU_USER_RSP
	movq %gs:PERCPU_KERNEL_STACK, %rsp
	pushq $USER_DS
	pushq %gs:PERCPU_USER_RSP
	pushq %r11
	pushq $USER_CS
	pushq %rcx
	pushq %rax
	pushq $VECTOR_SYSCALL
	PUSH_REGISTERS
	movq %rsp, %rdi
	xorl %ebp, %ebp
	call SyscallEntry			/* C#: X64Traps.cs; interrupts are off when it returns */
	.globl syscall_return
syscall_return:
	/*
	 * SYSRET is the quick way back, where RIP and RFLAGS are what RCX and R11 say and RIP is a user address: with a
	 * non-canonical RCX it would fault in kernel mode on the user's stack (SDM Vol 2B, SYSRET). Else IRET.
	 */
	movq FRAME_RIP(%rsp), %rcx
	cmpq %rcx, FRAME_RCX(%rsp)
	jne 1f
	movq %rcx, %rax
	shrq $47, %rax
	jnz 1f
	movq FRAME_RFLAGS(%rsp), %r11
	cmpq %r11, FRAME_R11(%rsp)
	jne 1f
	testl $0x10100, %r11d			/* RF, TF: only IRET restores them faithfully */
	jnz 1f
	cmpq $USER_CS, FRAME_CS(%rsp)
	jne 1f
	POP_REGISTERS
	CLEAR_BUFFERS
	movq 40(%rsp), %rsp			/* user RSP: past vector, error, RIP, CS, RFLAGS */
	swapgs
	sysretq
1:	jmp trap_return
END_FUNCTION syscall_entry

/*
 * void x64_enter_user(const X64TrapFrame *frame): first entry of a thread into user mode. Interrupts are off.
 * The frame is moved to the top of the kernel stack. It may lie on this very stack and overlap its new place, which is
 * never below it, so the copy runs from the end and nothing is pushed before it is done.
 */
FUNCTION x64_enter_user
	movq %gs:PERCPU_KERNEL_STACK, %rdx
	leaq FRAME_SS(%rdi), %rsi
	leaq -8(%rdx), %rdi
	movl $(FRAME_SS / 8 + 1), %ecx
	std
	rep movsq
	cld
	leaq -(FRAME_SS + 8)(%rdx), %rsp
	jmp trap_return
END_FUNCTION x64_enter_user

FUNCTION x64_trap_stubs
	leaq trap_stubs(%rip), %rax
	ret
END_FUNCTION x64_trap_stubs

FUNCTION x64_syscall_entry_address
	leaq syscall_entry(%rip), %rax
	ret
END_FUNCTION x64_syscall_entry_address

/* Changing threads: only what the calling convention preserves is saved, on the stack that is left. */
#include "asm.h"

	.text
	.code64

/* void x64_switch_stacks(ulong *savedRsp, ulong nextRsp) */
FUNCTION x64_switch_stacks
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret
END_FUNCTION x64_switch_stacks

/* The first return address of a new thread (X64ThreadContext.Initialise). The stack is 16-byte aligned here. */
FUNCTION x64_thread_start
	xorl %ebp, %ebp
	call ThreadStart			/* C#; never returns */
	ud2
END_FUNCTION x64_thread_start

FUNCTION x64_thread_start_address
	leaq x64_thread_start(%rip), %rax
	ret
END_FUNCTION x64_thread_start_address

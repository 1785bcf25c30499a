/*
 * Interface calls: the compiler calls through a cell, whose address it leaves in R11. The cell's first word leads here.
 * The cache is a table of pairs (cell, method table) ─▶ method; InterfaceDispatch.cs in the core library fills it and says
 * why it needs no lock. Arguments are in registers and on the stack: nothing of them may be lost on the way.
 */
#include "asm.h"

#define CACHE_ENTRIES 512			/* a power of two */
#define ENTRY_BYTES_SHIFT 5
#define ENTRY_CELL 0
#define ENTRY_TYPE 8
#define ENTRY_METHOD 16

	.text
	.code64

FUNCTION RhpInitialDynamicInterfaceDispatch
	movq (%rdi), %rax			/* the object's method table; faults for null, as the call should */
	leaq (%r11, %rax), %r10
	shrq $3, %r10
	andl $(CACHE_ENTRIES - 1), %r10d
	shll $ENTRY_BYTES_SHIFT, %r10d
	addq $interface_cache, %r10
	cmpq %r11, ENTRY_CELL(%r10)
	jne 1f
	cmpq %rax, ENTRY_TYPE(%r10)
	jne 1f
	jmpq *ENTRY_METHOD(%r10)

1:	pushq %rbp				/* a frame, so that a stack trace names the caller */
	movq %rsp, %rbp
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %rcx
	pushq %r8
	pushq %r9				/* 6 + 2 words: aligned again */
	movq %r11, %rsi
	movq %r10, %rdx
	call ResolveInterfaceCall		/* C#: InterfaceDispatch.cs; the object is in RDI already */
	popq %r9
	popq %r8
	popq %rcx
	popq %rdx
	popq %rsi
	popq %rdi
	popq %rbp
	jmpq *%rax
END_FUNCTION RhpInitialDynamicInterfaceDispatch

	.bss
	.balign 32
interface_cache:
	.zero CACHE_ENTRIES << ENTRY_BYTES_SHIFT

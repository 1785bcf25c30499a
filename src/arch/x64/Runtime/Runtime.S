/*
 * What compiled C# calls by name: block moves, reference stores, failed checks.
 * The compiler may call the reference stores with an unaligned stack: they touch none.
 */
#include "asm.h"

	.text
	.code64

/*
 * void memory_move(void *to, const void *from, size_t bytes): the areas may overlap.
 * Words first, then the odd bytes: processors move both quickly, emulators move one element at a time.
 */
FUNCTION memory_move
	movq %rdx, %rcx
	shrq $3, %rcx
	movq %rdi, %rax
	subq %rsi, %rax
	cmpq %rdx, %rax				/* unsigned (to - from) < bytes: the tail would be overwritten first */
	jb 1f
	andl $7, %edx
	rep movsq
	movl %edx, %ecx
	rep movsb
	ret
1:	leaq -8(%rdi, %rdx), %rdi
	leaq -8(%rsi, %rdx), %rsi
	andl $7, %edx
	std
	rep movsq
	addq $7, %rdi				/* from the word below the last one to its highest byte */
	addq $7, %rsi
	movl %edx, %ecx
	rep movsb
	cld
	ret
END_FUNCTION memory_move

/* void memory_fill(void *to, uint8_t value, size_t bytes) */
FUNCTION memory_fill
	movzbl %sil, %eax
	movabsq $0x0101010101010101, %rcx
	imulq %rcx, %rax
	movq %rdx, %rcx
	shrq $3, %rcx
	andl $7, %edx
	rep stosq
	movl %edx, %ecx
	rep stosb
	ret
END_FUNCTION memory_fill

/* Reference stores. There is no collector to tell: a store is a store. */
FUNCTION RhpAssignRef
	movq %rsi, (%rdi)
	ret
END_FUNCTION RhpAssignRef

FUNCTION RhpCheckedAssignRef
	movq %rsi, (%rdi)
	ret
END_FUNCTION RhpCheckedAssignRef

FUNCTION RhpByRefAssignRef
	movq (%rsi), %rcx
	movq %rcx, (%rdi)
	addq $8, %rsi
	addq $8, %rdi
	ret
END_FUNCTION RhpByRefAssignRef

/* Named by the compiler's start-up stub, which nothing calls. */
FUNCTION RhpReversePInvoke
	ud2
END_FUNCTION RhpReversePInvoke

FUNCTION RhpReversePInvokeReturn
	ud2
END_FUNCTION RhpReversePInvokeReturn

/*
 * Failed checks. UD2 traps with every register of the caller in place; the byte after it says which check failed, and the
 * caller's method is on top of the stack (CheckFailure.cs).
 */
.macro CHECK_FAILED name, code
FUNCTION \name
	ud2
	.byte \code
END_FUNCTION \name
.endm

CHECK_FAILED throw_index_out_of_range, 1
CHECK_FAILED throw_overflow, 2
CHECK_FAILED throw_divide_by_zero, 3
CHECK_FAILED throw_null_reference, 4
CHECK_FAILED throw_invalid_cast, 5
CHECK_FAILED throw_invalid_operation, 6
CHECK_FAILED throw_feature_body_removed, 7
CHECK_FAILED RhpFallbackFailFast, 8

/* The compiler guards buffers on the stack with this word; CheckFailure 8 when it was overwritten. */
	.data
	.globl __security_cookie
	.balign 8
__security_cookie:
	.quad 0x00B5C0FFEE5EED00

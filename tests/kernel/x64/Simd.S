/*
 * int64_t simd_hold(uint64_t pattern, int64_t rounds): puts patterns into the SIMD registers that compiled C# uses and looks
 * whether they stay there. Returns how often a register had changed.
 */
#include "asm.h"

	.text
	.code64

.macro COMPARE register, expected
	movq \register, %rdx
	cmpq \expected, %rdx
	jne 2f
	pextrq $1, \register, %rdx
	cmpq \expected, %rdx
	jne 2f
.endm

FUNCTION simd_hold
	xorl %eax, %eax
	leaq 1(%rdi), %r8
	leaq 8(%rdi), %r9
0:	movq %rdi, %xmm0
	punpcklqdq %xmm0, %xmm0
	movq %r8, %xmm1
	punpcklqdq %xmm1, %xmm1
	movq %r9, %xmm8
	punpcklqdq %xmm8, %xmm8
1:	decq %rsi
	js 3f
	pause
	COMPARE %xmm0, %rdi
	COMPARE %xmm1, %r8
	COMPARE %xmm8, %r9
	jmp 1b
2:	incq %rax
	jmp 0b
3:	ret
END_FUNCTION simd_hold

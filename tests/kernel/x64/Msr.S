/* void test_write_msr(uint32_t msr, uint64_t value) */
#include "asm.h"

	.text
	.code64

FUNCTION test_write_msr
	movl %edi, %ecx
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
	wrmsr
	ret
END_FUNCTION test_write_msr

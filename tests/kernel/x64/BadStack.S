/* void bad_stack(void): a push onto a stack that is not there, and neither is there one for the page fault. */
#include "asm.h"

	.text
	.code64

FUNCTION bad_stack
	movl $0x2000, %esp
	pushq %rax
	ud2
END_FUNCTION bad_stack

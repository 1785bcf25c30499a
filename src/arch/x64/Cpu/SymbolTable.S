/* Bounds of the image's symbol table (kernel.ld), for X64ImageLayout.cs. */
#include "asm.h"

	.text

FUNCTION x64_ksymtab_start
	movq $ksymtab_start, %rax
	ret
END_FUNCTION x64_ksymtab_start

FUNCTION x64_ksymtab_end
	movq $ksymtab_end, %rax
	ret
END_FUNCTION x64_ksymtab_end

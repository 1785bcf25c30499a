/*
 * The only instructions of the kernel that touch user memory (X64UserCopy.cs).
 *
 * Each of them that may fault has a row in .ex_table: two 32-bit distances, from the row's own words, to the instruction
 * and to where execution goes on after a fault that nobody could resolve. RCX then holds what is left to do.
 *
 * With SMAP, supervisor code reaches user pages only while RFLAGS.AC is set (SDM Vol 3A §4.6 "Access Rights"; STAC, CLAC:
 * Vol 2B). Without it the two instructions do not exist: x64_user_access_guarded says which it is.
 */
#include "asm.h"

	.data
	.globl x64_user_access_guarded
x64_user_access_guarded:
	.byte 0

.macro USER_ACCESS_BEGIN
	testb $1, x64_user_access_guarded(%rip)
	jz 90f
	stac
90:
.endm

.macro USER_ACCESS_END
	testb $1, x64_user_access_guarded(%rip)
	jz 91f
	clac
91:
.endm

/*
 * C# has checked that the address is a user's. A processor that guesses wrongly at that check gets here all the same, with an
 * address of the kernel; then this makes it all ones, where nothing is mapped (Spectre variant 1: Intel, "Speculative Execution
 * Side Channel Mitigations", "Bounds Check Bypass"). No branch, so nothing to guess at. Clobbers \scratch.
 */
.macro MASK_USER_ADDRESS address, scratch
	movq \address, \scratch
	sarq $63, \scratch
	orq \scratch, \address
.endm

.macro ON_FAULT instruction, fixup
	.pushsection .ex_table, "a", @progbits
	.balign 4
	.long \instruction - .
	.long \fixup - .
	.popsection
.endm

	.text
	.code64

/* void x64_guard_user_access(void): SMAP is on from now on. */
FUNCTION x64_guard_user_access
	movb $1, x64_user_access_guarded(%rip)
	ret
END_FUNCTION x64_guard_user_access

/*
 * ulong x64_user_copy_in(void *to, const void *from, ulong bytes): returns how many were not copied. `from` is a user address.
 * ulong x64_user_copy_out: the same, but `to` is one.
 * 1, 2, 4 and 8 bytes are one access, as a program may expect of an aligned word.
 */
FUNCTION x64_user_copy_in
	MASK_USER_ADDRESS %rsi, %rax
	jmp x64_user_copy
END_FUNCTION x64_user_copy_in

FUNCTION x64_user_copy_out
	MASK_USER_ADDRESS %rdi, %rax
	jmp x64_user_copy
END_FUNCTION x64_user_copy_out

FUNCTION x64_user_copy
	movq %rdx, %rcx
	USER_ACCESS_BEGIN
	cmpq $8, %rdx
	ja 3f
	je 8f
	cmpq $4, %rdx
	je 4f
	cmpq $2, %rdx
	je 2f
	jmp 20f					/* 1 byte, or an odd count below 8 */

8:	movq (%rsi), %rax
10:	movq %rax, (%rdi)
	jmp 15f
4:	movl (%rsi), %eax
11:	movl %eax, (%rdi)
	jmp 15f
2:	movw (%rsi), %ax
12:	movw %ax, (%rdi)
15:	USER_ACCESS_END
	xorl %eax, %eax
	ret

3:	shrq $3, %rcx
	andl $7, %edx
17:	rep movsq
	movl %edx, %ecx
	jmp 20f
18:	leaq (%rdx, %rcx, 8), %rcx		/* a fault between words: byte by byte up to the very place */
20:	rep movsb
21:	USER_ACCESS_END
	movq %rcx, %rax
	ret
	ON_FAULT 8b, 21b
	ON_FAULT 10b, 21b
	ON_FAULT 4b, 21b
	ON_FAULT 11b, 21b
	ON_FAULT 2b, 21b
	ON_FAULT 12b, 21b
	ON_FAULT 17b, 18b
	ON_FAULT 20b, 21b
END_FUNCTION x64_user_copy

/* ulong x64_user_clear(void *to, ulong bytes): returns how many were not cleared. */
FUNCTION x64_user_clear
	MASK_USER_ADDRESS %rdi, %rax
	movq %rsi, %rcx
	andl $7, %esi
	shrq $3, %rcx
	xorl %eax, %eax
	USER_ACCESS_BEGIN
1:	rep stosq
	movl %esi, %ecx
	jmp 3f
2:	leaq (%rsi, %rcx, 8), %rcx
3:	rep stosb
4:	USER_ACCESS_END
	movq %rcx, %rax
	ret
	ON_FAULT 1b, 2b
	ON_FAULT 3b, 4b
END_FUNCTION x64_user_clear

/* long x64_user_string(char *to, const char *from, ulong room): length before the zero byte, room if there is none, -1. */
FUNCTION x64_user_string
	MASK_USER_ADDRESS %rsi, %rcx
	xorl %ecx, %ecx
	USER_ACCESS_BEGIN
1:	cmpq %rdx, %rcx
	je 3f
2:	movb (%rsi, %rcx), %al
	movb %al, (%rdi, %rcx)
	testb %al, %al
	jz 3f
	incq %rcx
	jmp 1b
4:	movq $-1, %rcx
3:	USER_ACCESS_END
	movq %rcx, %rax
	ret
	ON_FAULT 2b, 4b
END_FUNCTION x64_user_string

/* ulong x64_user_compare_exchange(uint *at, uint expected, uint replacement, uint *old): 0 if *at could not be reached. */
FUNCTION x64_user_compare_exchange
	movq %rcx, %r8
	MASK_USER_ADDRESS %rdi, %rcx
	movl %esi, %eax
	xorl %ecx, %ecx
	USER_ACCESS_BEGIN
1:	lock cmpxchgl %edx, (%rdi)
	movl $1, %ecx
2:	USER_ACCESS_END
	movl %eax, (%r8)
	movl %ecx, %eax
	ret
	ON_FAULT 1b, 2b
END_FUNCTION x64_user_compare_exchange

/* Shared by the assembly files: layouts that C# also knows, and helper macros. */
#ifndef COMMENCE_ASM_H
#define COMMENCE_ASM_H

#define KERNEL_BASE 0xFFFFFFFF80000000
#define DIRECT_MAP_BASE 0xFFFF888000000000

/* Segment selectors: X64DescriptorTables.cs. The order of user data and user code is what SYSRET wants. */
#define KERNEL_CS 0x08
#define KERNEL_DS 0x10
#define USER_DS 0x1B
#define USER_CS 0x23
#define TSS_SELECTOR 0x28

/* X64PerCpuBlock, through GS: X64PerCpuArea.cs. */
#define PERCPU_SELF 0
#define PERCPU_TASK 8
#define PERCPU_PROCESSOR 16
#define PERCPU_KERNEL_STACK 24
#define PERCPU_USER_RSP 32
#define PERCPU_PREEMPT 40
#define PERCPU_ID 44
#define PERCPU_IRQ_DEPTH 48

/* X64TrapFrame: X64TrapFrame.cs. */
#define FRAME_XMM 48
#define FRAME_RCX (FRAME_XMM + 13 * 8)
#define FRAME_R11 (FRAME_XMM + 4 * 8)
#define FRAME_RAX (FRAME_XMM + 14 * 8)
#define FRAME_VECTOR (FRAME_XMM + 15 * 8)
#define FRAME_ERROR (FRAME_XMM + 16 * 8)
#define FRAME_RIP (FRAME_XMM + 17 * 8)
#define FRAME_CS (FRAME_XMM + 18 * 8)
#define FRAME_RFLAGS (FRAME_XMM + 19 * 8)
#define FRAME_RSP (FRAME_XMM + 20 * 8)
#define FRAME_SS (FRAME_XMM + 21 * 8)

/* Vector number that marks a frame made by SYSCALL. */
#define VECTOR_SYSCALL 0x100

#define MSR_EFER 0xC0000080
#define MSR_GS_BASE 0xC0000101

.macro FUNCTION name
	.globl \name
	.type \name, @function
	.balign 16
\name:
.endm

.macro END_FUNCTION name
	.size \name, . - \name
.endm

#endif

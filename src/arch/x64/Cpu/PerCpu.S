/* The per-processor words, through GS, each in one instruction. Layout: asm.h and X64PerCpuArea.cs. */
#include "asm.h"

	.text
	.code64

FUNCTION percpu_self
	movq %gs:PERCPU_SELF, %rax
	ret
END_FUNCTION percpu_self

FUNCTION percpu_id
	movl %gs:PERCPU_ID, %eax
	ret
END_FUNCTION percpu_id

FUNCTION percpu_task
	movq %gs:PERCPU_TASK, %rax
	ret
END_FUNCTION percpu_task

FUNCTION percpu_processor
	movq %gs:PERCPU_PROCESSOR, %rax
	ret
END_FUNCTION percpu_processor

FUNCTION percpu_disable_preemption
	incl %gs:PERCPU_PREEMPT
	ret
END_FUNCTION percpu_disable_preemption

/* True if the word became zero: depth 0 and a reschedule wanted (bit 31 clear). */
FUNCTION percpu_enable_preemption
	xorl %eax, %eax
	decl %gs:PERCPU_PREEMPT
	sete %al
	ret
END_FUNCTION percpu_enable_preemption

FUNCTION percpu_preempt_word
	movl %gs:PERCPU_PREEMPT, %eax
	ret
END_FUNCTION percpu_preempt_word

FUNCTION percpu_want_reschedule
	andl $0x7FFFFFFF, %gs:PERCPU_PREEMPT
	ret
END_FUNCTION percpu_want_reschedule

FUNCTION percpu_clear_reschedule_wish
	orl $0x80000000, %gs:PERCPU_PREEMPT
	ret
END_FUNCTION percpu_clear_reschedule_wish

FUNCTION percpu_irq_depth
	movl %gs:PERCPU_IRQ_DEPTH, %eax
	ret
END_FUNCTION percpu_irq_depth

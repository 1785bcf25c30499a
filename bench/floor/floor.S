// The floor of bring-up: how long the machine itself needs to start all its processors.
//
// A kernel that does nothing else. The boot processor sends one INIT and one SIPI to everybody but itself, which a kernel
// must not do, since it would also start those that the firmware says are broken; each of the others adds one to a counter
// and halts. What is between the INIT and the last arrival no kernel can do without.
//
//   boot processor                       the others
//   fw_cfg: how many are there
//   copy `other` to ARENA
//   first_init: TSC
//   INIT, SIPI to all but self ────────▶ lock inc, halt
//   wait until all have come             (or LIMIT_TICKS are over)
//   last_arrived: TSC
//   rate: TSC cycles in some ticks of the ACPI timer
//   record, exit status, power off
//
// The local APIC is used in xAPIC mode, in which firmware hands over machines without ids of 255 and above.
//
// Sources: Xen, "x86/HVM direct boot ABI (PVH)"; SDM Vol 3A §8.4.4 "MP Initialization Example" and §10.6.1 "Interrupt Command
// Register (ICR)"; ACPI §4.8.3.3 "Power Management Timer (PM_TMR)"; QEMU documentation, "QEMU Firmware Configuration (fw_cfg)
// Device".
	.set COM2, 0x2f8
	.set PM1_CONTROL, 0x604		// QEMU's firmware places the ACPI registers at 0x600, on q35 and pc
	.set PM_TIMER, 0x608
	.set SLEEP_S5, 0x2000		// SLP_EN, SLP_TYP 0
	.set TIMER_MASK, 0xffffff	// 24 bits are always there
	.set RATE_TICKS, 178977		// 50 ms
	.set LIMIT_TICKS, 10737405	// 3 s; the counter goes round after 4.7 s

	.set FW_CFG_SELECTOR, 0x510
	.set FW_CFG_DATA, 0x511
	.set FW_CFG_NB_CPUS, 5

	.set APIC_ICR_LOW, 0xfee00300
	.set ICR_PENDING, 0x1000
	.set DELIVERY_POLLS, 1000000
	.set INIT_ALL_OTHERS, 0xc4500	// all excluding self, assert, edge, INIT
	.set SIPI_ALL_OTHERS, 0xc4600	// all excluding self, assert, edge, start-up; the vector is the page

	.set ARENA, 0x8000		// the others' page: code, and at its end the counter
	.set ARRIVED, ARENA + 0xffc

	.section .note.pvh, "a", @note
	.long 4, 4, 18			// name size, description size, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long start

	.text
	.code32
	.globl start
start:
	cli
	cld
	mov $stack_top, %esp
	call read_cpu_count
	mov %eax, cpu_count

	mov $other, %esi
	mov $ARENA, %edi
	mov $(other_end - other), %ecx
	rep movsb
	movl $0, ARRIVED

	mov $PM_TIMER, %dx
	in %dx, %eax
	mov %eax, %ebp			// when the wait began

	.globl first_init
first_init:
	rdtsc
	mov %eax, begin
	mov %edx, begin + 4
	movl $INIT_ALL_OTHERS, APIC_ICR_LOW
	call wait_for_delivery
	movl $(SIPI_ALL_OTHERS | ARENA >> 12), APIC_ICR_LOW
	call wait_for_delivery

	mov cpu_count, %ebx
	dec %ebx
wait:	cmp %ebx, ARRIVED
	jae last_arrived
	pause
	mov $PM_TIMER, %dx
	in %dx, %eax
	sub %ebp, %eax
	and $TIMER_MASK, %eax
	cmp $LIMIT_TICKS, %eax
	jb wait

	.globl last_arrived
last_arrived:
	rdtsc
	sub begin, %eax
	sbb begin + 4, %edx
	mov %eax, cycles
	mov %edx, cycles + 4
	mov ARRIVED, %eax
	mov %eax, arrived

	call measure_rate
	call report
	mov $PM1_CONTROL, %dx
	mov $SLEEP_S5, %ax
	out %ax, %dx
1:	hlt
	jmp 1b

// A message that is not gone by then never will be: the count of arrivals tells.
wait_for_delivery:
	mov $DELIVERY_POLLS, %ecx
1:	testl $ICR_PENDING, APIC_ICR_LOW
	loopnz 1b
	ret

// EAX = the number of processors that the machine has.
read_cpu_count:
	mov $FW_CFG_SELECTOR, %dx
	mov $FW_CFG_NB_CPUS, %ax
	out %ax, %dx
	mov $FW_CFG_DATA, %dx
	xor %ecx, %ecx
	in %dx, %al
	mov %al, %cl
	in %dx, %al
	mov %al, %ch
	mov %ecx, %eax
	ret

// Counts cycles in at least RATE_TICKS of the ACPI timer, from one of its edges to another. A timer that stands still would
// hold it for ever; the host's time limit ends that.
measure_rate:
	mov $PM_TIMER, %dx
	in %dx, %eax
	mov %eax, %ecx
1:	in %dx, %eax			// the edge
	cmp %eax, %ecx
	je 1b
	mov %eax, %ebp
	rdtsc
	mov %eax, %esi
	mov %edx, %edi
2:	mov $PM_TIMER, %dx
	in %dx, %eax
	mov %eax, %ecx
	sub %ebp, %ecx
	and $TIMER_MASK, %ecx
	cmp $RATE_TICKS, %ecx
	jb 2b
	rdtsc
	sub %esi, %eax
	sbb %edi, %edx
	mov %eax, rate_cycles
	mov %edx, rate_cycles + 4
	mov %ecx, rate_ticks
	ret

report:	mov $record_cpus, %esi
	mov $cpu_count, %ebx
	call print_field
	mov $record_arrived, %esi
	mov $arrived, %ebx
	call print_field
	mov $record_cycles, %esi
	mov $cycles, %ebx
	call print_field
	mov $record_rate_cycles, %esi
	mov $rate_cycles, %ebx
	call print_field
	mov $record_rate_ticks, %esi
	mov $rate_ticks, %ebx
	call print_field
	mov $record_end, %esi
	jmp print

// Prints the text at ESI, then the 64-bit number at EBX in decimal.
print_field:
	call print
	mov (%ebx), %esi
	mov 4(%ebx), %edi
	mov $digits_end, %ebp
	mov $10, %ecx
1:	mov %edi, %eax			// EDI:ESI / 10, high half first
	xor %edx, %edx
	div %ecx
	mov %eax, %edi
	mov %esi, %eax
	div %ecx
	mov %eax, %esi
	add $'0', %dl
	dec %ebp
	mov %dl, (%ebp)
	or %edi, %eax
	jnz 1b
	mov %ebp, %esi

// Prints the text at ESI on the record line. QEMU's is always ready.
print:	mov $COM2, %dx
1:	lodsb
	test %al, %al
	jz 2f
	out %al, %dx
	jmp 1b
2:	ret

// What each of the others executes, in real mode, at ARENA: 16-bit code that does not ask where it lies.
	.code16
other:	xor %ax, %ax
	mov %ax, %ds
	lock incl ARRIVED
1:	cli
	hlt
	jmp 1b
other_end:

	.section .rodata
record_cpus:		.asciz "{\"record\":\"floor\",\"cpus\":"
record_arrived:		.asciz ",\"arrived\":"
record_cycles:		.asciz ",\"cycles\":"
record_rate_cycles:	.asciz ",\"rate_cycles\":"
record_rate_ticks:	.asciz ",\"rate_ticks\":"
record_end:		.asciz "}\n{\"record\":\"exit\",\"status\":0}\n"

	.bss
	.balign 8
begin:		.skip 8
cycles:		.skip 8
rate_cycles:	.skip 8
rate_ticks:	.skip 8
cpu_count:	.skip 8
arrived:	.skip 8
digits:		.skip 24
digits_end:	.skip 1			// stays zero
		.balign 16
		.skip 4096
stack_top:

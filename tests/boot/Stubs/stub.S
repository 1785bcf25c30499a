// A kernel of a few instructions, to test what the host makes of a machine's end.
//
// It prints its command line on the console, then does what the first letter after an @ in it says:
//   e  reports exit status 7, powers off       n  reports exit status 0, does not power off
//   p  reports a panic, stops                  o  powers off without a word
//   b  reports a line that is no record, then as e
//   t  triple faults                           r  resets the machine
//   h  halts with interrupts off               s  spins
//
// Source: Xen, "x86/HVM direct boot ABI (PVH)": 32-bit protected mode, paging off, EBX = struct hvm_start_info.
	.set COM1, 0x3f8
	.set COM2, 0x2f8
	.set PM1_CONTROL, 0x604		// QEMU's firmware places it there, on q35 and pc
	.set SLEEP_S5, 0x2000		// SLP_EN, SLP_TYP 0
	.set RESET_CONTROL, 0xcf9
	.set CMDLINE_OFFSET, 24		// hvm_start_info.cmdline_paddr

	.section .note.pvh, "a", @note
	.long 4, 4, 18			// name size, description size, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long start

	.text
	.code32
	.globl start
start:
	mov $stack_top, %esp
	mov CMDLINE_OFFSET(%ebx), %ebp

	mov $COM1, %dx
	mov $greeting, %esi
	call print
	mov %ebp, %esi
	call print
	mov $newline, %esi
	call print

	mov $COM2, %dx
	mov $hello, %esi
	call print

1:	mov (%ebp), %al
	inc %ebp
	test %al, %al
	jz halt
	cmp $'@', %al
	jne 1b
	mov (%ebp), %al
	cmp $'e', %al
	je exit
	cmp $'n', %al
	je exit_and_stay
	cmp $'p', %al
	je panic
	cmp $'o', %al
	je power_off
	cmp $'b', %al
	je bad_record
	cmp $'t', %al
	je triple_fault
	cmp $'r', %al
	je reset
	cmp $'s', %al
	je spin
halt:
	cli
	hlt
	jmp halt

bad_record:
	mov $no_record, %esi
	call print
exit:
	mov $exit_7, %esi
	call print
power_off:
	mov $PM1_CONTROL, %dx
	mov $SLEEP_S5, %ax
	out %ax, %dx
	jmp halt

exit_and_stay:
	mov $exit_0, %esi
	call print
	jmp halt

panic:
	mov $panicked, %esi
	call print
	mov $COM1, %dx
	mov $dump, %esi
	call print
	jmp halt

triple_fault:
	lidt empty_idt
	ud2

reset:
	mov $RESET_CONTROL, %dx
	mov $6, %al
	out %al, %dx
	jmp halt

spin:
	pause
	jmp spin

// Prints the text at ESI on the serial port DX. QEMU's is always ready.
print:
	lodsb
	test %al, %al
	jz 1f
	out %al, %dx
	jmp print
1:	ret

	.section .rodata
greeting:	.asciz "stub: "
newline:	.asciz "\r\n"
dump:		.asciz "stub: the dump\r\n"
hello:		.asciz "{\"record\":\"hello\",\"version\":\"stub\",\"arch\":\"x64\"}\n"
exit_7:		.asciz "{\"record\":\"exit\",\"status\":7}\n"
exit_0:		.asciz "{\"record\":\"exit\",\"status\":0}\n"
panicked:	.asciz "{\"record\":\"panic\",\"cpu\":0,\"message\":\"asked to\"}\n"
no_record:	.asciz "{\"record\":\"exit\"\n"
empty_idt:	.word 0
		.long 0

	.bss
	.balign 16
	.skip 4096
stack_top:

// The first program of a measured machine: the same file for every kernel.
//
// Its first instruction is where the way from the kernel's entry ends; it carries a symbol, so that a plugin can watch it.
// What the time-stamp counter said there is printed; with an argument, the kernel's log follows. Then the machine is switched
// off, where the kernel can do that.
//
//   bench-init: tsc N
//   <6>[    0.489602] smp: Bringing up secondary CPUs ...     (the log, as syslog(2) gives it)
//   bench-init: end
//
// Static, no library, no stack but the one it is given. The address at which it is linked (BenchFiles.cs) is one that no other
// program of a boot has.
//
// Sources: System V ABI AMD64, "Process Initialization"; Linux man-pages write(2), syslog(2), reboot(2), exit_group(2).
	.set SYS_WRITE, 1
	.set SYS_SYSLOG, 103
	.set SYS_REBOOT, 169
	.set SYS_EXIT_GROUP, 231
	.set SYSLOG_ACTION_READ_ALL, 3
	.set REBOOT_MAGIC1, 0xfee1dead
	.set REBOOT_MAGIC2, 672274793
	.set REBOOT_POWER_OFF, 0x4321fedc
	.set CONSOLE, 1
	.set LOG_SIZE, 1 << 20		// only what is filled takes memory

	.text
	.globl _start
_start:
	rdtsc
	shl $32, %rdx
	or %rdx, %rax

	lea digits_end(%rip), %rsi
	movb $'\n', (%rsi)
	mov $10, %ecx
1:	xor %edx, %edx
	div %rcx
	add $'0', %dl
	dec %rsi
	mov %dl, (%rsi)
	test %rax, %rax
	jnz 1b
	mov %rsi, %rbx			// the digits; the call below keeps RBX

	lea begin(%rip), %rsi
	mov $begin_length, %edx
	call write
	mov %rbx, %rsi
	lea digits_end + 1(%rip), %rdx
	sub %rsi, %rdx
	call write

	cmpq $2, (%rsp)			// argc
	jb end
	mov $SYS_SYSLOG, %eax
	mov $SYSLOG_ACTION_READ_ALL, %edi
	lea log(%rip), %rsi
	mov $LOG_SIZE, %edx
	syscall
	test %rax, %rax
	jle end				// the host misses the lines and says so
	lea log(%rip), %rsi
	mov %rax, %rdx
	call write

end:	lea end_text(%rip), %rsi
	mov $end_length, %edx
	call write
	mov $SYS_REBOOT, %eax
	mov $REBOOT_MAGIC1, %edi
	mov $REBOOT_MAGIC2, %esi
	mov $REBOOT_POWER_OFF, %edx
	syscall
	xor %edi, %edi
	mov $SYS_EXIT_GROUP, %eax
	syscall
	ud2

// Writes RDX bytes at RSI, in as many pieces as it takes.
write:	mov $SYS_WRITE, %eax
	mov $CONSOLE, %edi
	syscall
	test %rax, %rax
	jle 1f				// nowhere to say it
	add %rax, %rsi
	sub %rax, %rdx
	jnz write
1:	ret

	.section .rodata
begin:		.ascii "\nbench-init: tsc "
		.set begin_length, . - begin
end_text:	.ascii "\nbench-init: end\n"
		.set end_length, . - end_text

	.bss
digits:		.skip 20		// 2^64 has 20 digits
digits_end:	.skip 1			// the line end
		.balign 4096
log:		.skip LOG_SIZE

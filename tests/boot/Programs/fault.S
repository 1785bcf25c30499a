// A static Linux program that does what it is told by its first argument, without any library:
//   read     reads address 0                   → SIGSEGV
//   write    writes its own code               → SIGSEGV
//   kernel   reads an address of the kernel    → SIGSEGV
//   privileged  executes hlt                   → SIGSEGV
//   illegal  executes ud2                      → SIGILL
//   divide   divides by zero                   → SIGFPE
//   call     makes a system call that does not exist and exits with 38 (ENOSYS) if the kernel says so
//   pointer  writes from an address of the kernel and exits with 14 (EFAULT) if the kernel says so
//   arguments  calls reboot with all that it refuses or has nothing to do for; exits with 0 if each answer is Linux's, else with
//              the number of the call
//   Restart    calls reboot with a command
// Each letter is told apart by the first two characters. Source: System V ABI AMD64, "Process Initialization".
	.set SYS_WRITE, 1
	.set SYS_REBOOT, 169
	.set SYS_EXIT_GROUP, 231
	.set MAGIC1, 0xfee1dead
	.set MAGIC2, 672274793
	.set EINVAL, 22
	.set EFAULT, 14
	.set KERNEL_ADDRESS, 0xffffffff80000000

	.text
	.globl _start
_start:
	cmpq $2, (%rsp)			// argc
	jb usage
	mov 16(%rsp), %rsi		// argv[1]
	movzwl (%rsi), %eax
	cmp $0x6572, %eax		// "re"
	je read
	cmp $0x7277, %eax		// "wr"
	je write
	cmp $0x656b, %eax		// "ke"
	je kernel
	cmp $0x7270, %eax		// "pr"
	je privileged
	cmp $0x6c69, %eax		// "il"
	je illegal
	cmp $0x6964, %eax		// "di"
	je divide
	cmp $0x6163, %eax		// "ca"
	je call
	cmp $0x6f70, %eax		// "po"
	je pointer
	cmp $0x7261, %eax		// "ar"
	je arguments
	cmp $0x6552, %eax		// "Re"
	je restart
usage:
	mov $99, %edi
	jmp exit

read:	mov 0, %rax
	jmp survived
write:	lea _start(%rip), %rax
	movb $0, (%rax)
	jmp survived
kernel:	mov $KERNEL_ADDRESS, %rax
	mov (%rax), %rax
	jmp survived
privileged:
	hlt
	jmp survived
illegal:
	ud2
divide:	xor %ecx, %ecx
	xor %edx, %edx
	mov $1, %eax
	div %ecx
	jmp survived

call:	mov $100000, %eax
	syscall
	jmp exit_with_errno
pointer:
	mov $SYS_WRITE, %eax
	mov $1, %edi
	mov $KERNEL_ADDRESS, %rsi
	mov $16, %edx
	syscall
	jmp exit_with_errno

// Source: reboot(2).
.macro REBOOT number, magic1, magic2, command, answer
	mov $\magic1, %edi
	mov $\magic2, %esi
	mov $\command, %edx
	mov $KERNEL_ADDRESS, %r10	// where a command would be read
	mov $SYS_REBOOT, %eax
	syscall
	mov $\number, %edi
	cmp $-\answer, %rax
	jne exit
.endm
arguments:
	REBOOT 1, 0, MAGIC2, 0x01234567, EINVAL		// the first magic number
	REBOOT 2, MAGIC1, 1, 0x01234567, EINVAL		// the second one
	REBOOT 3, MAGIC1, MAGIC2, 0x12345678, EINVAL	// no such command
	REBOOT 4, MAGIC1, MAGIC2, 0xd000fce2, EINVAL	// there is no hibernation
	REBOOT 5, MAGIC1, MAGIC2, 0x45584543, EINVAL	// no other kernel was loaded
	REBOOT 6, MAGIC1, MAGIC2, 0xa1b2c3d4, EFAULT	// the command lies in the kernel
	REBOOT 7, MAGIC1, 85072278, 0x89abcdef, 0	// Ctrl-Alt-Del on
	REBOOT 8, MAGIC1, 369367448, 0, 0		// and off, by the other magic numbers
	REBOOT 9, MAGIC1, 537993216, 0, 0
	xor %edi, %edi
	jmp exit
restart:
	mov $MAGIC1, %edi
	mov $MAGIC2, %esi
	mov $0xa1b2c3d4, %edx
	lea command(%rip), %r10
	mov $SYS_REBOOT, %eax
	syscall

exit_with_errno:
	neg %eax
	mov %eax, %edi
	jmp exit
survived:
	mov $98, %edi
exit:	mov $SYS_EXIT_GROUP, %eax
	syscall
	ud2

command:
	.asciz "recovery"

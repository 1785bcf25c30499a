// A static Linux program that does what it is told by its first argument, without any library:
//   read     reads address 0                   → SIGSEGV
//   write    writes its own code               → SIGSEGV
//   kernel   reads an address of the kernel    → SIGSEGV
//   privileged  executes hlt                   → SIGSEGV
//   illegal  executes ud2                      → SIGILL
//   divide   divides by zero                   → SIGFPE
//   call     makes a system call that does not exist and exits with 38 (ENOSYS) if the kernel says so
//   pointer  writes from an address of the kernel and exits with 14 (EFAULT) if the kernel says so
// Each letter is told apart by the first two characters. Source: System V ABI AMD64, "Process Initialization".
	.set SYS_WRITE, 1
	.set SYS_EXIT_GROUP, 231
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

exit_with_errno:
	neg %eax
	mov %eax, %edi
	jmp exit
survived:
	mov $98, %edi
exit:	mov $SYS_EXIT_GROUP, %eax
	syscall
	ud2

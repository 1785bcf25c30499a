// From the trap to the system call, and back.
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Arch;
using Commence.Lib;
using Commence.Processes;
using Commence.Sched;

namespace Commence.Syscalls;

/// <summary>Carries out system calls.</summary>
public static class SyscallEntry
{
    private const int NoticeWords = 16; // numbers below 1024; there are none above

    private static Notices s_noticed;

    [InlineArray(NoticeWords)]
    private struct Notices
    {
        private ulong _first;
    }

    /// <summary>Carries out the call that the registers ask for; its result goes into them.</summary>
    /// <remarks>Context: system call. IRQs: on. Sleeps: most may.</remarks>
    public static void Run(ref TrapFrame registers)
    {
        // Only the low half of the number counts, as in Linux.
        int number = (int)registers.SyscallNumber;
        SyscallArguments arguments = new(
            registers.Argument0, registers.Argument1, registers.Argument2, registers.Argument3, registers.Argument4, registers.Argument5);
        long result = (uint)number < SyscallTable.NumberLimit
            ? SyscallTable.Dispatch(SpeculativeIndex.Clamp(number, SyscallTable.NumberLimit), in arguments) : -(long)Errno.ENOSYS;
        if (result == -(long)Errno.ENOSYS)
            Notice(number);
        registers.ReturnValue = result;
    }

    /// <summary>Says in the log, once for each number, that a call is not (wholly) there.</summary>
    private static void Notice(int number)
    {
        if ((uint)number >= NoticeWords * 64)
            return;

        ulong bit = 1UL << (number % 64);
        if ((Interlocked.Or(ref s_noticed[number / 64], bit) & bit) != 0)
            return;

        Task self = Task.Current;
        if (SyscallTable.Name(number).IsEmpty)
            Printk.Info($"{self.Name}[{self.Pid}]: system call {number} is not implemented");
        else
            Printk.Info($"{self.Name}[{self.Pid}]: system call {SyscallTable.Name(number)} is not implemented for these arguments");
    }
}

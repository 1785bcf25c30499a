// From what a program did wrong to the signal for it.
//
// Source: sigaction(2), si_code of SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP; what Linux on x86-64 reports for each exception.
using Commence.Arch;
using Commence.Mm;
using Commence.Processes;

namespace Commence.Signals;

/// <summary>Signals for faults of user programs.</summary>
public static class UserFaults
{
    /// <summary>Sends the signal for an exception.</summary>
    /// <remarks>Context: trap of a user thread. IRQs: any. The signal is taken on the way back to user mode.</remarks>
    public static void Raise(in TrapFrame registers, UserFault fault)
    {
        UserAddr at = new(registers.InstructionPointer);
        SignalSender.Force(fault switch
        {
            UserFault.DivideError => SignalInfo.FromFault(Signal.SIGFPE, SignalCode.FPE_INTDIV, at),
            UserFault.FloatingPoint => SignalInfo.FromFault(Signal.SIGFPE, SignalCode.FPE_FLTINV, at),
            UserFault.Breakpoint => SignalInfo.FromKernel(Signal.SIGTRAP),
            UserFault.SingleStep => SignalInfo.FromFault(Signal.SIGTRAP, SignalCode.TRAP_TRACE, at),
            UserFault.IllegalInstruction => SignalInfo.FromFault(Signal.SIGILL, SignalCode.ILL_ILLOPN, at),
            UserFault.AlignmentCheck => SignalInfo.FromFault(Signal.SIGBUS, SignalCode.BUS_ADRALN, default),
            UserFault.StackSegment => SignalInfo.FromKernel(Signal.SIGBUS),
            _ => SignalInfo.FromKernel(Signal.SIGSEGV), // overflow, bound range, general protection
        });
    }

    /// <summary>Sends the signal for a page fault that could not be resolved.</summary>
    /// <remarks>Context: page fault of a user thread in user mode. IRQs: on.</remarks>
    public static void RaisePageFault(UserAddr address, FaultOutcome outcome)
    {
        UserThread self = UserThread.Current;
        self.FaultAddress = address.Value;
        switch (outcome)
        {
            case FaultOutcome.Resolved:
                break;
            case FaultOutcome.SignalSegvMapErr:
                SignalSender.Force(SignalInfo.FromFault(Signal.SIGSEGV, SignalCode.SEGV_MAPERR, address));
                break;
            case FaultOutcome.SignalSegvAccErr:
                SignalSender.Force(SignalInfo.FromFault(Signal.SIGSEGV, SignalCode.SEGV_ACCERR, address));
                break;
            case FaultOutcome.SignalBus:
                SignalSender.Force(SignalInfo.FromFault(Signal.SIGBUS, SignalCode.BUS_ADRERR, address));
                break;
            default:
                Printk.Error($"Out of memory: Killed process {self.Process.Pid} ({self.Task.Name})");
                _ = SignalSender.SendToProcess(self.Process, SignalInfo.FromKernel(Signal.SIGKILL)); // always fits
                break;
        }
    }
}

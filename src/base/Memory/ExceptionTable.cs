// What the page-fault path asks last, before it calls a fault in the kernel a bug.
namespace Commence.Memory;

/// <summary>Instructions of the kernel that may fault on user memory (Linux: <c>fixup_exception</c>).</summary>
public static class ExceptionTable
{
    /// <summary>Lets interrupted kernel code go on where it handles the fault.</summary>
    /// <param name="frame">Registers of the faulting code; its instruction pointer is changed.</param>
    /// <param name="address">The address that could not be reached: only user addresses are excused.</param>
    /// <returns>False if the kernel itself is at fault.</returns>
    /// <remarks>Context: page fault. IRQs: any.</remarks>
    public static bool TryFixup(ref TrapFrame frame, VirtAddr address)
    {
        if (address.Value >= AddressLayout.UserEnd.Value
            || !UserCopy.TryFindFixup(frame.InstructionPointer, out ulong fixup))
            return false;
        frame.InstructionPointer = fixup;
        return true;
    }
}

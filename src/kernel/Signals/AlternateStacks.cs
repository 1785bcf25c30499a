// sigaltstack: the stack that handlers with SA_ONSTACK run on.
using Commence.Processes;

namespace Commence.Signals;

/// <summary>Setting and reading the alternate stack of a thread.</summary>
internal static class AlternateStacks
{
    /// <summary>What a program sees: also whether it runs on that stack just now.</summary>
    internal static AlternateStack Get(UserThread self, ulong stackPointer)
    {
        AlternateStack stack = self.AlternateStack;
        if (stack.Contains(stackPointer) && (stack.Flags & AlternateStack.SS_AUTODISARM) == 0)
            stack.Flags |= AlternateStack.SS_ONSTACK;
        return stack;
    }

    /// <summary>Changes it.</summary>
    /// <returns>EPERM while the thread runs on it; EINVAL; ENOMEM if it is too small; none.</returns>
    /// <remarks>Source: sigaltstack(2).</remarks>
    internal static Errno Set(UserThread self, in AlternateStack wanted, ulong stackPointer)
    {
        if ((self.AlternateStack.Flags & AlternateStack.SS_AUTODISARM) == 0 && self.AlternateStack.Contains(stackPointer))
            return Errno.EPERM;

        uint mode = wanted.Flags & ~AlternateStack.SS_AUTODISARM;
        if (mode is not (0 or AlternateStack.SS_ONSTACK or AlternateStack.SS_DISABLE))
            return Errno.EINVAL;
        if (mode == AlternateStack.SS_DISABLE)
        {
            self.AlternateStack = new AlternateStack { Flags = AlternateStack.SS_DISABLE };
            return Errno.None;
        }

        if (wanted.SizeBytes < AlternateStack.SizeBytesMin)
            return Errno.ENOMEM;

        self.AlternateStack = new AlternateStack
        {
            Base = wanted.Base,
            SizeBytes = wanted.SizeBytes,
            Flags = wanted.Flags & AlternateStack.SS_AUTODISARM,
        };
        return Errno.None;
    }
}

// Puts the frame of a handler on the user's stack, and takes it off again.
using System;
using Commence.Arch;
using Commence.Memory;
using Commence.Processes;

namespace Commence.Signals;

/// <summary>Frames of signal handlers in user memory.</summary>
internal static class HandlerFrame
{
    /// <summary>Makes the thread go on in a handler.</summary>
    /// <returns>False if there is no usable stack, or no restorer.</returns>
    /// <remarks>Context: thread. Sleeps: may.</remarks>
    internal static bool TryPush(UserThread self, ref TrapFrame registers, in SignalInfo info, in SignalAction action)
    {
        if (!action.Has(SignalFlags.SA_RESTORER))
            return false; // there is no vDSO to return through
        if (!TryChooseStack(self, registers.StackPointer, in action, out UserAddr top, out bool isAlternate))
            return false;

        UserAddr at = SignalFrame.Place(top, out UserAddr fpu);
        if (isAlternate && !self.AlternateStack.Contains(at.Value))
            return false; // the frame does not fit

        int length = (int)((fpu + (ulong)SignalFrame.FpuSizeBytes) - at);
        if (!Kmalloc.TryAllocate(length, out KBuffer buffer))
            return false;

        SignalFrameContents contents = new()
        {
            Restorer = action.Restorer,
            BlockedMask = (self.HasBlockedAfterSuspend ? self.BlockedAfterSuspend : self.Blocked).Value,
            AlternateBase = self.AlternateStack.Base,
            AlternateFlags = self.AlternateStack.Flags,
            AlternateSizeBytes = self.AlternateStack.SizeBytes,
            FaultAddress = self.FaultAddress,
            Fpu = fpu,
        };
        SignalFrame.Build(ref self.Task.Context, in registers, in contents, at, buffer.Span);
        bool isWritten = UserMemory.TryCopyOut(at, buffer.Span)
            && new UserPtr<SignalInfo>(at + (ulong)SignalFrame.InfoOffset).TryWrite(in info);
        buffer.Free();
        if (!isWritten)
            return false;

        if ((self.AlternateStack.Flags & AlternateStack.SS_AUTODISARM) != 0)
            self.AlternateStack = new AlternateStack { Flags = AlternateStack.SS_DISABLE };
        SignalFrame.Enter(ref registers, at, (int)info.Signal, action.Handler);
        return true;
    }

    /// <summary>Goes back to what a handler interrupted: rt_sigreturn.</summary>
    /// <returns>False if there is no frame: the program has ruined its stack.</returns>
    internal static bool TryPop(UserThread self, ref TrapFrame registers)
    {
        Span<byte> frame = stackalloc byte[512];
        frame = frame[..SignalFrame.FixedSizeBytes];
        if (!UserMemory.TryCopyIn(SignalFrame.Find(in registers), frame))
            return false;

        SignalFrame.Restore(frame, ref registers, out SignalFrameContents contents);
        SignalDelivery.SetBlocked(new SignalSet(contents.BlockedMask));
        if (!TryPopFpu(self, ref registers, contents.Fpu))
            return false;

        AlternateStack stack = new()
        {
            Base = contents.AlternateBase,
            Flags = contents.AlternateFlags,
            SizeBytes = contents.AlternateSizeBytes,
        };
        _ = AlternateStacks.Set(self, in stack, registers.StackPointer); // Linux too ignores a forged one that is invalid
        return true;
    }

    private static bool TryPopFpu(UserThread self, ref TrapFrame registers, UserAddr fpu)
    {
        if (fpu.IsNull)
            return SignalFrame.TryRestoreFpu(ref self.Task.Context, ref registers, default);
        if (!Kmalloc.TryAllocate(SignalFrame.FpuSizeBytes, out KBuffer buffer))
            return false;

        bool isRestored = UserMemory.TryCopyIn(fpu, buffer.Span)
            && SignalFrame.TryRestoreFpu(ref self.Task.Context, ref registers, buffer.Span);
        buffer.Free();
        return isRestored;
    }

    private static bool TryChooseStack(
        UserThread self, ulong stackPointer, in SignalAction action, out UserAddr top, out bool isAlternate)
    {
        bool isOnAlternate = self.AlternateStack.Contains(stackPointer);
        bool switches = action.Has(SignalFlags.SA_ONSTACK) && self.AlternateStack.IsEnabled && !isOnAlternate;
        isAlternate = switches || isOnAlternate;
        top = switches
            ? self.AlternateStack.Base + self.AlternateStack.SizeBytes
            : new UserAddr(stackPointer) - (ulong)SignalFrame.RedZoneBytes;
        return switches || stackPointer > (ulong)(SignalFrame.RedZoneBytes + SignalFrame.SizeBytesMax);
    }
}

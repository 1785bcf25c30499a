// A thread that does not run: its kernel stack pointer, user segment bases and floating-point state.
//
// Floating point: the kernel's own code uses only SIMD registers that every entry saves, so the rest (and the upper halves)
// stay the user program's until another thread with a state of its own runs. They are saved and restored at each switch
// between threads, not lazily: laziness costs a trap and has leaked registers between programs before (CVE-2018-3665).
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Commence.Lib;

namespace Commence.Arch.X64;

/// <summary>Saved state of one thread.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct X64ThreadContext : IThreadContext<X64ThreadContext>
{
    private const int SavedRegisterCount = 6; // x64_switch_stacks
    private const uint MsrFsBase = 0xC0000100;
    private const ulong FpuAlignment = 64; // SDM Vol 2, XSAVE

    private ulong _stackPointer; // valid while the thread does not run
    private ulong _stackTop;
    private ulong _fsBase;
    private VirtAddr _fpuArea;   // null: the thread has no user state

    /// <inheritdoc/>
    public void Initialise(VirtAddr stackTop)
    {
        Misuse.On((stackTop.Value & 15) != 0);
        _stackTop = stackTop.Value;

        // As x64_switch_stacks leaves it: six registers, then the return address, after which the stack is aligned again.
        const int Words = SavedRegisterCount + 1;
        _stackPointer = stackTop.Value - (Words * sizeof(ulong));
        Span<ulong> frame;
        // SAFETY: the caller gives the end of a mapped kernel stack that nobody else uses.
        unsafe
        {
            frame = new Span<ulong>((void*)_stackPointer, Words);
        }

        frame[..SavedRegisterCount].Clear();
        frame[SavedRegisterCount] = ThreadStartAddress();
    }

    /// <inheritdoc/>
    public static void Switch(ref X64ThreadContext previous, ref X64ThreadContext next, object nextTask)
    {
        if (!previous._fpuArea.IsNull)
            X64Fpu.Save(ref previous.Fpu);
        next.MakeCurrent(nextTask);
        if (!next._fpuArea.IsNull)
            X64Fpu.Restore(in next.Fpu);
        if (next._fsBase != previous._fsBase)
            X64Instructions.WriteMsr(MsrFsBase, next._fsBase);
        SwitchStacks(ref previous._stackPointer, next._stackPointer);
    }

    /// <inheritdoc/>
    public static void Adopt(ref X64ThreadContext self, VirtAddr stackTop, object task)
    {
        self._stackTop = stackTop.Value;
        self.MakeCurrent(task);
    }

    /// <inheritdoc/>
    public readonly bool TryReadCaller(out ulong framePointer, out ulong returnAddress)
    {
        ReadOnlySpan<ulong> frame;
        // SAFETY: the thread does not run, so its stack pointer is where x64_switch_stacks or Initialise left it, at that many words
        // on its kernel stack, which is mapped as long as the thread has not ended.
        unsafe
        {
            frame = new ReadOnlySpan<ulong>((void*)_stackPointer, SavedRegisterCount + 1);
        }

        framePointer = frame[SavedRegisterCount - 1]; // RBP was pushed first
        returnAddress = frame[SavedRegisterCount];
        return true;
    }

    private readonly void MakeCurrent(object task)
    {
        ref X64PerCpuBlock block = ref X64PerCpuArea.Block; // interrupts are off: it stays this processor's throughout
        block.CurrentTask = Unsafe.As<object, nint>(ref task);
        block.KernelStackTop = _stackTop;
        block.Tables.TaskStateSegment.Rsp0 = _stackTop;
    }

    /// <inheritdoc/>
    public bool TryPrepareUser(Span<byte> fpuArea)
    {
        if (fpuArea.Length < FpuAreaSizeBytes)
            return false;

        VirtAddr area = X64Memory.AddressOf(in MemoryMarshal.GetReference(fpuArea));
        if (!area.IsAligned(FpuAlignment))
            return false;

        X64Fpu.Initialise(fpuArea);
        _fpuArea = area;
        return true;
    }

    /// <inheritdoc/>
    public void CopyUserFrom(ref X64ThreadContext running)
    {
        _fsBase = running._fsBase;
        if (running._fpuArea.IsNull || _fpuArea.IsNull)
            return;

        IrqFlags flags = X64LocalInterrupts.Save();
        X64Fpu.Save(ref running.Fpu);
        X64LocalInterrupts.Restore(flags);
        running.FpuArea.CopyTo(FpuArea);
    }

    /// <inheritdoc/>
    public ulong UserThreadPointer
    {
        readonly get => _fsBase;
        set
        {
            IrqFlags flags = X64LocalInterrupts.Save();
            _fsBase = value;
            // Only the running thread's own base is in the register.
            if (X64PerCpuArea.Block.KernelStackTop == _stackTop)
                X64Instructions.WriteMsr(MsrFsBase, value);
            X64LocalInterrupts.Restore(flags);
        }
    }

    /// <inheritdoc/>
    public readonly void ResetUser()
    {
        if (_fpuArea.IsNull)
            return;

        IrqFlags flags = X64LocalInterrupts.Save();
        X64Fpu.Initialise(FpuArea);
        X64Fpu.Restore(in Fpu);
        X64LocalInterrupts.Restore(flags);
    }

    /// <summary>Copies the running thread's floating-point state.</summary>
    /// <param name="destination">At least the area's size; stays as it is if the thread has no state.</param>
    /// <remarks>Registers that the kernel's own code uses are out of date in it: the trap frame has them.</remarks>
    internal readonly void SaveUserFpu(Span<byte> destination)
    {
        if (_fpuArea.IsNull)
            return;

        IrqFlags flags = X64LocalInterrupts.Save();
        X64Fpu.Save(ref Fpu);
        X64LocalInterrupts.Restore(flags);
        FpuArea.CopyTo(destination); // only this thread writes it, here and when it is switched away from
    }

    /// <summary>Loads a floating-point state that may be forged into the running thread.</summary>
    /// <param name="source">At least the area's size.</param>
    /// <param name="isExtended">All of it is meant; else only the FXSAVE part.</param>
    internal readonly void RestoreUserFpu(ReadOnlySpan<byte> source, bool isExtended)
    {
        if (_fpuArea.IsNull)
            return;

        IrqFlags flags = X64LocalInterrupts.Save(); // no switch overwrites the area before it is loaded
        X64Fpu.Save(ref Fpu);
        uint mxcsrMask = X64Fpu.MxcsrMask(FpuArea);
        source[..FpuAreaSizeBytes].CopyTo(FpuArea);
        X64Fpu.Sanitise(FpuArea, mxcsrMask, isExtended);
        X64Fpu.Restore(in Fpu);
        X64LocalInterrupts.Restore(flags);
    }

    /// <inheritdoc/>
    public static ref X64TrapFrame UserRegisters
    {
        get
        {
            IrqFlags flags = X64LocalInterrupts.Save();
            ulong top = X64PerCpuArea.Block.KernelStackTop;
            X64LocalInterrupts.Restore(flags);
            // SAFETY: an entry from user mode leaves its frame at the very top of the thread's kernel stack (Traps.S), which
            // stays mapped as long as the thread runs. The stack's top does not change with the processor.
            unsafe
            {
                return ref *((X64TrapFrame*)top - 1);
            }
        }
    }

    /// <inheritdoc/>
    public static void EnterUser(in X64TrapFrame registers)
    {
        X64Instructions.DisableInterrupts();
        EnterUserMode(in registers);
    }

    private readonly Span<byte> FpuArea => MemoryMarshal.CreateSpan(ref Fpu, FpuAreaSizeBytes);

    private readonly ref byte Fpu
    {
        get
        {
            // SAFETY: TryPrepareUser was given FpuAreaSizeBytes there at least, and its caller keeps them as long as the thread.
            unsafe
            {
                return ref *(byte*)_fpuArea.Value;
            }
        }
    }

    /// <inheritdoc/>
    public static int FpuAreaSizeBytes => X64Fpu.AreaSizeBytes;

    [RuntimeExport("ThreadStart")]
    private static void OnThreadStart() => TrapSink.Instance.OnThreadStart();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_switch_stacks")]
    private static extern void SwitchStacks(ref ulong savedStackPointer, ulong nextStackPointer);

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_thread_start_address")]
    private static extern ulong ThreadStartAddress();

    [MethodImpl(MethodImplOptions.InternalCall)]
    [RuntimeImport("*", "x64_enter_user")]
    private static extern void EnterUserMode(in X64TrapFrame registers);
}

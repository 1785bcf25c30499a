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
public unsafe struct X64ThreadContext : IThreadContext<X64ThreadContext>
{
    private const int SavedRegisterCount = 6; // x64_switch_stacks
    private const uint MsrFsBase = 0xC0000100;

    private ulong _stackPointer; // valid while the thread does not run
    private ulong _stackTop;
    private ulong _fsBase;
    private byte* _fpu;          // null: the thread has no user state

    /// <inheritdoc/>
    public void Initialise(VirtAddr stackTop)
    {
        Misuse.On((stackTop.Value & 15) != 0);
        _stackTop = stackTop.Value;

        // As x64_switch_stacks leaves it: six registers, then the return address, after which the stack is aligned again.
        // SAFETY: the caller gives the end of a mapped kernel stack that nobody else uses.
        ulong* top = (ulong*)stackTop.Value;
        top[-1] = ThreadStartAddress();
        ulong* registers = top - 1 - SavedRegisterCount;
        for (int i = 0; i < SavedRegisterCount; i++)
            registers[i] = 0;
        _stackPointer = (ulong)registers;
    }

    /// <inheritdoc/>
    public static void Switch(ref X64ThreadContext previous, ref X64ThreadContext next, object nextTask)
    {
        if (previous._fpu != null)
            X64Fpu.Save(previous._fpu);
        next.MakeCurrent(nextTask);
        if (next._fpu != null)
            X64Fpu.Restore(next._fpu);
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

    private readonly void MakeCurrent(object task)
    {
        // SAFETY: interrupts are off, so the block stays this processor's throughout.
        X64PerCpuBlock* block = X64PerCpuArea.Block;
        block->CurrentTask = Unsafe.As<object, nint>(ref task);
        block->KernelStackTop = _stackTop;
        block->Tables.TaskStateSegment.Rsp0 = _stackTop;
    }

    /// <inheritdoc/>
    public bool TryPrepareUser(Span<byte> fpuArea)
    {
        if (fpuArea.Length < FpuAreaSizeBytes)
            return false;

        fpuArea.Clear();
        // SAFETY: the area is kernel memory of at least the size that the processor writes; the caller keeps it as long as the thread.
        fixed (byte* area = fpuArea)
        {
            if (((ulong)area & 63) != 0)
                return false;
            X64Fpu.Initialise(area);
            _fpu = area;
        }

        return true;
    }

    /// <inheritdoc/>
    public void CopyUserFrom(ref X64ThreadContext running)
    {
        _fsBase = running._fsBase;
        if (running._fpu == null || _fpu == null)
            return;

        IrqFlags flags = X64LocalInterrupts.Save();
        X64Fpu.Save(running._fpu);
        X64LocalInterrupts.Restore(flags);
        // SAFETY: both areas have the size that the processor uses.
        new ReadOnlySpan<byte>(running._fpu, FpuAreaSizeBytes).CopyTo(new Span<byte>(_fpu, FpuAreaSizeBytes));
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
            if (X64PerCpuArea.Block->KernelStackTop == _stackTop)
                X64Instructions.WriteMsr(MsrFsBase, value);
            X64LocalInterrupts.Restore(flags);
        }
    }

    /// <inheritdoc/>
    public readonly void ResetUser()
    {
        if (_fpu == null)
            return;

        IrqFlags flags = X64LocalInterrupts.Save();
        new Span<byte>(_fpu, FpuAreaSizeBytes).Clear();
        X64Fpu.Initialise(_fpu);
        X64Fpu.Restore(_fpu);
        X64LocalInterrupts.Restore(flags);
    }

    /// <summary>Copies the running thread's floating-point state.</summary>
    /// <param name="destination">At least the area's size; stays as it is if the thread has no state.</param>
    /// <remarks>Registers that the kernel's own code uses are out of date in it: the trap frame has them.</remarks>
    internal readonly void SaveUserFpu(Span<byte> destination)
    {
        if (_fpu == null)
            return;

        IrqFlags flags = X64LocalInterrupts.Save();
        X64Fpu.Save(_fpu);
        X64LocalInterrupts.Restore(flags);
        // SAFETY: the area has this size; only this thread writes it, here and when it is switched away from.
        new ReadOnlySpan<byte>(_fpu, FpuAreaSizeBytes).CopyTo(destination);
    }

    /// <summary>Loads a floating-point state that may be forged into the running thread.</summary>
    /// <param name="source">At least the area's size.</param>
    /// <param name="isExtended">All of it is meant; else only the FXSAVE part.</param>
    internal readonly void RestoreUserFpu(ReadOnlySpan<byte> source, bool isExtended)
    {
        if (_fpu == null)
            return;

        IrqFlags flags = X64LocalInterrupts.Save();
        X64Fpu.Save(_fpu);
        uint mxcsrMask = X64Fpu.MxcsrMask(_fpu);
        // SAFETY: as in SaveUserFpu; with interrupts off no switch overwrites it before it is loaded.
        source[..FpuAreaSizeBytes].CopyTo(new Span<byte>(_fpu, FpuAreaSizeBytes));
        X64Fpu.Sanitise(_fpu, mxcsrMask, isExtended);
        X64Fpu.Restore(_fpu);
        X64LocalInterrupts.Restore(flags);
    }

    /// <inheritdoc/>
    public static ref X64TrapFrame UserRegisters
    {
        get
        {
            // SAFETY: an entry from user mode leaves its frame at the very top of the thread's kernel stack (Traps.S), which
            // stays mapped as long as the thread runs. The stack's top does not change with the processor.
            IrqFlags flags = X64LocalInterrupts.Save();
            ulong top = X64PerCpuArea.Block->KernelStackTop;
            X64LocalInterrupts.Restore(flags);
            return ref *((X64TrapFrame*)top - 1);
        }
    }

    /// <inheritdoc/>
    public static void EnterUser(in X64TrapFrame registers)
    {
        X64Instructions.DisableInterrupts();
        EnterUserMode(in registers);
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

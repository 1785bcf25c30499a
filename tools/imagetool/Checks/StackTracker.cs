// Follows the stack pointer through a function, instruction by instruction, as they stand in memory.
//
// The compiler sets the frame up once, at the start, and takes it down before each return; code after a return or a jump
// therefore has the frame again that the prologue made. "Depth" is the number of bytes below the return address.
using Iced.Intel;

namespace Commence.ImageTool.Checks;

/// <summary>The stack's state at the current instruction.</summary>
internal struct StackTracker
{
    private long _bodyDepth;
    private long? _bodyFrame;
    private Register _probed;      // holds the stack pointer that a probing prologue will take
    private long _probedDepth;

    /// <summary>Bytes that are in use now.</summary>
    public long Depth { get; private set; }

    /// <summary>The most that was in use.</summary>
    public long DepthMax { get; private set; }

    /// <summary>The depth that rbp points to, if it is a frame pointer.</summary>
    public long? FramePointer { get; private set; }

    /// <summary>Whether the stack grew by an amount that is not in the code.</summary>
    public bool IsDynamic { get; private set; }

    /// <summary>Takes <paramref name="instruction"/> into account.</summary>
    public void Step(in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Push or Mnemonic.Pop or Mnemonic.Pushfq or Mnemonic.Popfq:
                Set(Depth - instruction.StackPointerIncrement);
                if (instruction.Mnemonic == Mnemonic.Pop && instruction.Op0Register == Register.RBP)
                    FramePointer = null;
                break;
            case Mnemonic.Sub or Mnemonic.Add when instruction.Op0Register == Register.RSP:
                if (IsImmediate(in instruction))
                    Set(Depth + (instruction.Mnemonic == Mnemonic.Sub ? 1 : -1) * (long)instruction.GetImmediate(1));
                else
                    IsDynamic = true;
                break;
            case Mnemonic.Lea:
                Lea(in instruction);
                break;
            case Mnemonic.Mov when instruction.Op0Register == Register.RBP && instruction.Op1Register == Register.RSP:
                SetFramePointer(Depth);
                break;
            case Mnemonic.Mov when instruction.Op0Register == Register.RSP && instruction.Op0Kind == OpKind.Register:
                if (instruction.Op1Register == Register.RBP && FramePointer is { } frame)
                    Set(frame);
                else if (instruction.Op1Register == _probed && _probed != Register.None)
                    Set(_probedDepth);
                else
                    IsDynamic = true;
                break;
            case Mnemonic.Leave when FramePointer is { } saved:
                Set(saved - 8);
                FramePointer = null;
                break;
            case Mnemonic.And or Mnemonic.Xchg when instruction.Op0Register == Register.RSP:
                IsDynamic = true;
                break;
        }

        if (instruction.FlowControl is FlowControl.Return or FlowControl.UnconditionalBranch or FlowControl.IndirectBranch or FlowControl.Interrupt or FlowControl.Exception)
        {
            Depth = _bodyDepth;
            FramePointer = _bodyFrame;
        }
    }

    /// <summary>Where the memory operand lies in the stack, as a depth, if it is addressed with rsp or the frame pointer alone.</summary>
    public readonly long? DepthOf(in Instruction instruction)
    {
        if (instruction.MemoryIndex != Register.None)
            return null;
        long displacement = (long)instruction.MemoryDisplacement64;
        return instruction.MemoryBase switch
        {
            Register.RSP => Depth - displacement,
            Register.RBP when FramePointer is { } frame => frame - displacement,
            _ => null,
        };
    }

    private void Lea(in Instruction instruction)
    {
        if (DepthOf(in instruction) is not { } depth)
            return;
        if (instruction.Op0Register == Register.RSP)
            Set(depth);
        else if (instruction.Op0Register == Register.RBP)
            SetFramePointer(depth);
        else if (instruction.MemoryBase == Register.RSP && depth > Depth)
            (_probed, _probedDepth) = (instruction.Op0Register, depth);
    }

    private void Set(long depth)
    {
        Depth = depth;
        if (depth > DepthMax)
            DepthMax = _bodyDepth = depth;
    }

    private void SetFramePointer(long depth)
    {
        FramePointer = depth;
        _bodyFrame ??= depth;
    }

    private static bool IsImmediate(in Instruction instruction) => instruction.Op1Kind is OpKind.Immediate8to64 or OpKind.Immediate32to64 or OpKind.Immediate8 or OpKind.Immediate32;
}

// Reads the machine code of one compiled method and finds what the rules forbid.
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Iced.Intel;

namespace Commence.ImageTool.Checks;

/// <summary>Something found in a method; reported once per rule and detail, at its first place.</summary>
internal readonly record struct Finding(Rule Rule, ulong Address, string Message);

/// <summary>What is known about a method after reading it.</summary>
internal sealed record FunctionFacts(long FrameBytes, int InstructionCount, uint XmmUsed, IReadOnlyList<Finding> Findings);

/// <summary>Scans methods one after another; each thread has its own scanner.</summary>
internal sealed class FunctionScanner(uint xmmSaved, long frameMax)
{
    private readonly InstructionInfoFactory _usage = new();
    private readonly List<Step> _steps = [];
    private readonly List<Finding> _findings = [];
    private ulong _start;
    private ulong _end;
    private uint _xmmUsed;

    // What later branches need to know about an instruction before them.
    private readonly record struct Step(ulong Address, long Depth, InstructionKinds Kinds);

    /// <summary>Reads the method whose code is <paramref name="code"/>, which begins at <paramref name="address"/>.</summary>
    public FunctionFacts Scan(ReadOnlyMemory<byte> code, ulong address)
    {
        (_start, _end, _xmmUsed) = (address, address + (ulong)code.Length, 0);
        _steps.Clear();
        _findings.Clear();
        CodeReader reader = MemoryMarshal.TryGetArray(code, out ArraySegment<byte> segment)
            ? new ByteArrayCodeReader(segment.Array!, segment.Offset, segment.Count)
            : new ByteArrayCodeReader(code.ToArray());
        Decoder decoder = Decoder.Create(64, reader, address, DecoderOptions.None);

        StackTracker stack = default;
        bool isStraight = true;    // no branch yet: everything so far always runs
        bool isAfterLeaving = false;
        while (decoder.IP < _end)
        {
            decoder.Decode(out Instruction instruction);
            if (instruction.IsInvalid)
            {
                Report(Rule.Undecodable, in instruction, "contains bytes that are no instruction");
                break;
            }

            InstructionKinds kinds = CheckInstruction(in instruction, in stack, isAfterLeaving);
            _steps.Add(new Step(instruction.IP, stack.Depth, kinds));
            stack.Step(in instruction);
            CheckFlow(in instruction, in stack, ref isStraight);
            isAfterLeaving = instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall or FlowControl.UnconditionalBranch;
        }

        if (stack.IsDynamic)
            Report(Rule.DynamicStack, _start, "takes stack space whose size is known only at run time");
        if (stack.DepthMax > frameMax)
            Report(Rule.LargeFrame, _start, $"has a stack frame of {stack.DepthMax} bytes, the limit is {frameMax}");
        return new FunctionFacts(stack.DepthMax, _steps.Count, _xmmUsed, _findings.Count == 0 ? [] : _findings.ToArray());
    }

    private InstructionKinds CheckInstruction(in Instruction instruction, in StackTracker stack, bool isAfterLeaving)
    {
        InstructionKinds kinds = InstructionTable.Of(instruction.Code);
        if ((kinds & InstructionKinds.Vex) != 0)
            Report(Rule.VexEncoding, in instruction, $"uses {Name(in instruction)} in an AVX encoding");
        else if ((kinds & InstructionKinds.Simd) != 0)
            CheckVectorRegisters(in instruction);
        if ((kinds & InstructionKinds.FloatingPointUnit) != 0)
            Report(Rule.FloatingPointUnit, in instruction, $"uses the x87/MMX instruction {Name(in instruction)}");

        // int3 after a call that never returns is the compiler's full stop; after a jump it marks where a finally was.
        if ((kinds & InstructionKinds.Privileged) != 0 || (instruction.Mnemonic == Mnemonic.Int3 && !isAfterLeaving))
            Report(Rule.Privileged, in instruction, $"contains {Name(in instruction)}");

        if (!HasMemoryOperand(in instruction))
            return kinds;
        if (instruction.SegmentPrefix is Register.FS or Register.GS)
            Report(Rule.SegmentRegister, in instruction, $"accesses memory through {instruction.SegmentPrefix.ToString().ToLowerInvariant()}:");
        if (instruction.Mnemonic is Mnemonic.Lea or Mnemonic.Nop)
            return kinds;
        if (stack.DepthOf(in instruction) is { } depth && depth > Math.Max(stack.Depth, instruction.MemoryBase == Register.RBP ? stack.DepthMax : 0))
            Report(Rule.RedZone, in instruction, $"accesses the stack {depth - stack.Depth} bytes below the stack pointer");
        return kinds | InstructionKinds.Effect;
    }

    private void CheckVectorRegisters(in Instruction instruction)
    {
        foreach (UsedRegister used in _usage.GetInfo(in instruction).GetUsedRegisters())
        {
            Register register = used.Register;
            if (!register.IsVectorRegister())
                continue;
            int number = register.GetNumber(); // 0 to 15: the others need an AVX-512 encoding
            _xmmUsed |= 1u << number;
            if ((xmmSaved >> number & 1) == 0)
                Report(Rule.SimdRegister, in instruction, $"uses xmm{number}");
        }
    }

    private void CheckFlow(in Instruction instruction, in StackTracker stack, ref bool isStraight)
    {
        switch (instruction.FlowControl)
        {
            case FlowControl.Call when isStraight && instruction.Op0Kind == OpKind.NearBranch64 && instruction.NearBranchTarget == _start:
                Report(Rule.CallsItself, in instruction, "calls itself unconditionally");
                break;
            case FlowControl.UnconditionalBranch when instruction.Op0Kind == OpKind.NearBranch64:
                if (IsInside(instruction.NearBranchTarget, instruction.IP) && IsEffectless(instruction.NearBranchTarget, InstructionKinds.None))
                    Report(Rule.EmptyLoop, in instruction, "loops for ever without any effect");
                isStraight = false;
                break;
            case FlowControl.ConditionalBranch when instruction.Op0Kind == OpKind.NearBranch64:
                if (IsInside(instruction.NearBranchTarget, instruction.IP))
                {
                    if (IsEffectless(instruction.NearBranchTarget, InstructionKinds.ReadsOnly))
                        Report(Rule.EmptyLoop, in instruction, "loops on values that nothing in the loop changes");
                    CheckLoopDepth(in instruction, stack.Depth);
                }
                isStraight = false;
                break;
            case FlowControl.Next or FlowControl.Call or FlowControl.IndirectCall:
                break;
            default:
                isStraight = false;
                break;
        }
    }

    private bool IsInside(ulong target, ulong source) => target >= _start && target <= source;

    // Whether the instructions from the target up to the branch itself (the last step) do nothing but change registers; where
    // `required` is given, each must also be of that kind.
    private bool IsEffectless(ulong target, InstructionKinds required)
    {
        for (int i = _steps.Count - 2; i >= 0 && _steps[i].Address >= target; i--)
            if ((_steps[i].Kinds & InstructionKinds.Effect) != 0 || (_steps[i].Kinds & required) != required)
                return false;
        return true;
    }

    // A loop that pushes: the frame's size depends on how often it runs.
    private void CheckLoopDepth(in Instruction instruction, long depth)
    {
        for (int i = _steps.Count - 1; i >= 0 && _steps[i].Address >= instruction.NearBranchTarget; i--)
        {
            if (_steps[i].Address != instruction.NearBranchTarget)
                continue;
            if (depth > _steps[i].Depth)
                Report(Rule.DynamicStack, in instruction, "pushes in a loop");
            return;
        }
    }

    private static bool HasMemoryOperand(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
            if (instruction.GetOpKind(i) is OpKind.Memory or OpKind.MemorySegRDI or OpKind.MemorySegRSI or OpKind.MemoryESRDI)
                return true;
        return false;
    }

    private void Report(Rule rule, in Instruction instruction, string message) => Report(rule, instruction.IP, message);

    private void Report(Rule rule, ulong address, string message)
    {
        foreach (Finding finding in _findings)
            if (finding.Rule == rule && finding.Message == message)
                return;
        _findings.Add(new Finding(rule, address, message));
    }

    private static string Name(in Instruction instruction) => instruction.Mnemonic.ToString().ToLowerInvariant();
}

// What is said of processors after a bring-up: a line and a record for each run of processors that came, and one for each
// that did not, with the reason.
using System;
using Commence.Arch;
using Commence.Debug;
using Commence.Lib;

namespace Commence.Smp;

/// <summary>Reports on processors.</summary>
internal static class SmpReport
{
    /// <summary>Reports on some processors, in the order of their numbers.</summary>
    /// <remarks>Context: thread, early boot.</remarks>
    internal static void Tell(in CpuMask processors)
    {
        Processor? first = null;
        int count = 0;
        foreach (CpuId cpu in processors)
        {
            Processor processor = Processors.Get(cpu);
            CpuAgreement.Report(processor);
            if (first is not null && Continues(first, count, processor))
            {
                count++;
                continue;
            }

            TellRun(first, count);
            first = processor;
            count = 1;
        }

        TellRun(first, count);
    }

    private static bool Continues(Processor first, int count, Processor next) =>
        first.State == ProcessorState.Online && next.State == ProcessorState.Online
        && next.Id.Value == first.Id.Value + count && next.HardwareId.Value == first.HardwareId.Value + (uint)count;

    private static void TellRun(Processor? first, int count)
    {
        if (first is null)
            return;
        if (first.State != ProcessorState.Online)
            TellVerdict(first);
        else if (count == 1)
            Printk.Info($"CPU{first.Id}: online, APIC id {first.HardwareId}");
        else
            Printk.Info($"CPU{first.Id}-{first.Id.Value + count - 1}: online, APIC ids {first.HardwareId}-{first.HardwareId.Value + (uint)count - 1}");

        Send(first, count);
    }

    private static void TellVerdict(Processor processor)
    {
        Span<byte> buffer = stackalloc byte[128];
        TextWriter reason = new(buffer);
        Describe(processor, ref reason);
        Printk.Error($"CPU{processor.Id}: {VerdictOf(processor.State)} (APIC id {processor.HardwareId}): {reason.Text}");
    }

    private static void Send(Processor first, int count)
    {
        Record record = new("cpu"u8);
        record.Add("cpu"u8, first.Id.Value);
        record.Add("apic"u8, first.HardwareId.Value);
        if (count > 1)
            record.Add("count"u8, count);
        record.Add("state"u8, NameOf(first.State));
        Span<byte> buffer = stackalloc byte[128];
        TextWriter reason = new(buffer);
        if (first.State != ProcessorState.Online)
            Describe(first, ref reason);
        record.Add("reason"u8, reason.Text);
        record.Send();
    }

    private static void Describe(Processor processor, ref TextWriter text)
    {
        if (processor.State == ProcessorState.NotResponding)
            text.Append("no instruction of it was seen"u8);
        else if (processor.State != ProcessorState.Stuck)
            text.Append(processor.IsDescribed ? "it lacks what the kernel uses"u8 : "no memory for it"u8);
        else if (SecondaryBoot.TryReadFault(processor.BootPage, out StartFault fault))
            text.Append($"exception {fault.Vector}, error code {fault.Code:x}, at {fault.Address} on its way to the kernel");
        else
            text.Append(LastSeenAt(SecondaryBoot.ReadStage(processor.BootPage)));
    }

    private static ReadOnlySpan<byte> LastSeenAt(BootStage stage) => stage switch
    {
        BootStage.First => "it began, and did not reach 32-bit mode"u8,
        BootStage.Second => "it reached 32-bit mode, and not 64-bit mode"u8,
        BootStage.Third => "it reached 64-bit mode, and not the kernel"u8,
        _ => "it reached the kernel, and did not come online"u8,
    };

    private static ReadOnlySpan<byte> VerdictOf(ProcessorState state) => state switch
    {
        ProcessorState.NotResponding => "not responding"u8,
        ProcessorState.Stuck => "stuck"u8,
        _ => "failed"u8,
    };

    private static ReadOnlySpan<byte> NameOf(ProcessorState state) => state switch
    {
        ProcessorState.Online => "online"u8,
        ProcessorState.NotResponding => "not-responding"u8,
        ProcessorState.Stuck => "stuck"u8,
        ProcessorState.Failed => "failed"u8,
        ProcessorState.Absent => "absent"u8,
        _ => "starting"u8,
    };
}
